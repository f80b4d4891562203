"""Pages for visitors when a page failed."""

from __future__ import annotations

import sys

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils import translation
from django.views.defaults import server_error as ordinary_server_error

from accounts.rate_limits.pages import too_often
from accounts.security_log.signals import note_lock_out
from common.answers import keep_nowhere
from common.database_errors import is_database_away, is_database_busy
from project.send_again import what_was_typed

RETRY_AFTER_SECONDS = 30
BUSY_RETRY_AFTER_SECONDS = 5
# Most of allauth's limits look back a minute, some an hour.
SIGN_IN_AGAIN_SECONDS = 5 * 60


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 while the database cannot be reached or is too busy: a temporary state, which caches and
    payment providers must not take for a fault of the page. Called by Django while it handles the exception."""
    error = sys.exc_info()[1]
    if error is not None and (is_database_away(error) or is_database_busy(error)):
        return _come_again(request, is_busy=is_database_busy(error))
    return ordinary_server_error(request)


def _come_again(request: HttpRequest, *, is_busy: bool) -> HttpResponse:
    """Return the page for a database away or busy, with a button to send a posted form again. Asks no database."""
    try:
        typed = what_was_typed(request)
    except (SuspiciousOperation, OSError):  # the form itself could not be read
        typed = None
    context = {"is_busy": is_busy, **(typed or {}), "token": get_token(request) if typed else ""}
    seconds = BUSY_RETRY_AFTER_SECONDS if is_busy else RETRY_AFTER_SECONDS
    context["address"] = request.get_full_path()
    page = render_to_string("503.html", context)
    return keep_nowhere(HttpResponse(page, status=503, headers={"Retry-After": str(seconds)}))


def too_large(request: HttpRequest) -> HttpResponse:
    """Answer 413, in the language that the browser asks for: this comes before the pages' own choice of language."""
    with translation.override(translation.get_language_from_request(request)):
        return HttpResponse(render_to_string("413.html"), status=413)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Answer 429 for allauth's sign-in pages; called by allauth."""
    note_lock_out(request)
    return too_often(request, SIGN_IN_AGAIN_SECONDS)
