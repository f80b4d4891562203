"""The file /.well-known/security.txt (RFC 9116): where to tell of a fault in the shop's security."""

from __future__ import annotations

from datetime import UTC, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

# The standard wants less than a year.
GOOD_FOR = timedelta(days=182)


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Answer with the address to write to, the languages it reads, and the end of the file's own life."""
    ends = (timezone.now() + GOOD_FOR).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        f"Contact: mailto:{settings.SECURITY_EMAIL}",
        f"Expires: {ends.isoformat().replace('+00:00', 'Z')}",
        f"Preferred-Languages: {', '.join(code for code, _name in settings.LANGUAGES)}",
        f"Canonical: {settings.SITE_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")
