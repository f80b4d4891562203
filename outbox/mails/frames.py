"""Frames that show a mail's HTML inside one of our pages without trusting it."""

from __future__ import annotations

from django.http import HttpResponse

# No script, no form, no origin, nothing loaded from elsewhere. A mail's styles are inline.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
_NEW_TABS = " allow-popups allow-popups-to-escape-sandbox"


def framed_html(html: str, *, links_open: bool) -> HttpResponse:
    """Return the document for a sandboxed iframe of our own pages; with `links_open` its links open new tabs.

    The policy is part of the document, which is as harmless outside the frame.
    """
    if links_open:
        html = html.replace("<head>", '<head><base target="_blank">', 1)
    response = HttpResponse(html)
    response["Content-Security-Policy"] = _POLICY + (_NEW_TABS if links_open else "")
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
