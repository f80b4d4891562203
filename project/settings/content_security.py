"""Limits that browsers set to our pages: the content security policies, a strict one and the one that unfold needs,
below /admin/ only; and the permissions policy."""

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

__all__ = ["ADMIN_CONTENT_SECURITY_DIRECTIVES", "CONTENT_SECURITY_POLICY", "PERMISSIONS_POLICY", "REPORTING_ENDPOINTS"]

# Where browsers tell of what a policy kept a page from; those that know no endpoints yet go by `report-uri`.
POLICY_REPORTS = "/policy-reports/"
REPORTING_ENDPOINTS = f'policy="{POLICY_REPORTS}"'

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
        "report-uri": POLICY_REPORTS,
        "report-to": "policy",
    }
}

# unfold's Alpine.js evaluates expressions in unfold's templates. Nothing typed by visitors is rendered there as HTML.
ADMIN_CONTENT_SECURITY_DIRECTIVES = CONTENT_SECURITY_POLICY["DIRECTIVES"] | {
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}

# No page of the shop asks for a device, a sensor or a payment by the browser; passkeys are for our own pages.
PERMISSIONS_POLICY: dict[str, list[str]] = {
    "accelerometer": [],
    "autoplay": [],
    "browsing-topics": [],
    "camera": [],
    "display-capture": [],
    "encrypted-media": [],
    "fullscreen": [],
    "geolocation": [],
    "gyroscope": [],
    "magnetometer": [],
    "microphone": [],
    "midi": [],
    "payment": [],
    "publickey-credentials-create": ["self"],
    "publickey-credentials-get": ["self"],
    "usb": [],
    "xr-spatial-tracking": [],
}
