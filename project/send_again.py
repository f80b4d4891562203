"""Answer to a form whose CSRF token is no longer valid: the person signed in or out in another tab, or the page is old;
and to a form of a staff member whose session was over when they sent it.

Nothing typed is lost: the page carries all that was posted in hidden fields and sends it again with a new token, to the
same address. From which page it was made (cart, line, version) is checked by the view then, as always.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.views.csrf import csrf_failure as plain_refusal

from common.answers import keep_nowhere
from common.typed_again import TOKEN, is_carried

# Characters of names and values together; more is refused as before.
CARRIED_AT_MOST = 1_000_000
# Field of the page for those who were signed out: until they have signed in again, it comes again.
SIGNED_OUT = "signed-out"


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403: with all that was posted and a button to send it again if the post came from a page of ours, else
    plainly. Passwords, codes and files are left out."""
    return _page(request) or plain_refusal(request, reason=reason)


def what_was_typed(request: HttpRequest) -> dict[str, object] | None:
    """Return what a page needs that sends a form again: `carried`, names with values, and whether that `is_complete`.

    None if there is nothing to send again: no form of a page of ours, or one too long.
    """
    if request.method != "POST" or not _is_from_a_page_of_ours(request):
        return None
    posted = [(name, value) for name, values in request.POST.lists() for value in values]
    carried = [(name, value) for name, value in posted if is_carried(name, request.path) and name != SIGNED_OUT]
    if sum(len(name) + len(value) for name, value in carried) > CARRIED_AT_MOST:
        return None
    is_complete = not request.FILES and all(is_carried(name, request.path) or name == TOKEN for name, _value in posted)
    return {"carried": carried, "is_complete": is_complete}


class SignedOutMeanwhileMiddleware:
    """Middleware that keeps what a person typed whose session had come to its limit: they sign in in another window and
    send it again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method != "POST" or response.status_code != 302:
            return response
        was_signed_out = getattr(request, "was_signed_out", False) or SIGNED_OUT in request.POST
        sign_in = (resolve_url(settings.LOGIN_URL), reverse("admin:login"))
        if not was_signed_out or urlsplit(response["Location"]).path not in sign_in:
            return response
        return _page(request, is_signed_out=True) or response


def _page(request: HttpRequest, *, is_signed_out: bool = False) -> HttpResponse | None:
    """Return the page that sends a form again; None where there is nothing to send again."""
    typed = what_was_typed(request)
    if typed is None:
        return None
    page = typed | {"is_signed_out": is_signed_out}
    answer = render(request, "send_again.html", page, status=403)
    return keep_nowhere(answer)


def _is_from_a_page_of_ours(request: HttpRequest) -> bool:
    """Tell whether the browser says that the form stood on this very site; one that says nothing is not believed."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is None and origin is None:
        return False
    if site is not None and site != "same-origin":
        return False
    return origin is None or urlsplit(origin)[:2] == (request.scheme, request.get_host())
