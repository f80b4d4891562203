"""Reports of browsers about what the content security policy kept a page from doing."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.rate_limits.pages import limited
from common.outside_json import read_json
from project.logs import mask_path

logger = logging.getLogger("project.policy_reports")

LONGEST_REPORT = 16 * 1024
LONGEST_VALUE = 200
MOST_REPORTS = 10


@csrf_exempt
@require_POST
@limited("policy report", "POST")
def policy_report(request: HttpRequest) -> HttpResponse:
    """Log a line for each thing a page was kept from, in either of the two forms that browsers write.

    The line has the directive, the host that was not let in and the page, with nothing in it that opens the page.
    Anything else, and a report that is too long, is answered 400.
    """
    try:
        length = int(request.headers.get("Content-Length") or 0)
        reports = _read(request.body) if 0 < length <= LONGEST_REPORT else []
    except ValueError:
        reports = []
    if not reports:
        return HttpResponse(status=400)
    for report in reports:
        fields = {
            "directive": _first(report, "effective-directive", "effectiveDirective", "violated-directive"),
            "blocked": _site(_first(report, "blocked-uri", "blockedURL")),
            "page": mask_path(_split(_first(report, "document-uri", "documentURL")).path),
        }
        logger.warning("A page was kept from something by its content security policy", extra={"fields": fields})
    return HttpResponse(status=204)


def _read(body: bytes) -> list[dict[str, Any]]:
    """Return the reports in a body: one under `csp-report`, or a list with a `body` each. Raises ValueError."""
    said = read_json(body)
    found = []
    if isinstance(said, dict):
        found = [said.get("csp-report")]
    elif isinstance(said, list):
        found = [each.get("body") for each in said if isinstance(each, dict) and each.get("type") == "csp-violation"]
    return [report for report in found if isinstance(report, dict)][:MOST_REPORTS]


def _first(report: dict[str, Any], *names: str) -> str:
    """Return the first of some members that is a text, as one bounded line."""
    value = next((report[name] for name in names if isinstance(report.get(name), str)), "")
    return " ".join(value[:LONGEST_VALUE].split())


def _site(blocked: str) -> str:
    """Return scheme and host of an address, or the word in its place, such as `inline`."""
    parts = _split(blocked)
    return f"{parts.scheme}://{parts.hostname or ''}" if parts.scheme else parts.path


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
