"""The content security policies: a strict one, and the one that unfold needs, below /admin/ only."""

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

__all__ = ["ADMIN_CONTENT_SECURITY_DIRECTIVES", "CONTENT_SECURITY_POLICY"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        # The picture of a second factor's key is a data: image.
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}

# unfold's Alpine.js evaluates expressions in unfold's templates. Nothing typed by visitors is rendered there as HTML.
ADMIN_CONTENT_SECURITY_DIRECTIVES = CONTENT_SECURITY_POLICY["DIRECTIVES"] | {
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}
