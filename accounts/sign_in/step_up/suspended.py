"""Requests that wait for a proof, kept in the session with all that was typed, and carried out once it is given.

allauth keeps such a request too, but with its cookies, and a single one: that of another tab would be lost.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.utils import get_next_redirect_url
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.urls import get_script_prefix, resolve, reverse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from accounts.sign_in.step_up.gate import refuse_unproved
from common.answers import keep_nowhere
from common.typed_again import fill_form, is_carried, mark_form

SESSION_KEY = "accounts_waiting_requests"
AT_MOST = 5
# More characters are not kept: the page is shown anew after the proof. The longest form of rights has some thousand.
KEPT_CHARACTERS = 100_000
KEPT_SECONDS = 60 * 60


def suspend(request: HttpRequest, page: str) -> HttpResponse:
    """Lead to the page of a proof, and keep for afterwards what was posted, but for passwords and codes. The CSRF token
    was checked before."""
    path = request.get_full_path()
    if request.method == "POST":
        waiting = _waiting(request)
        waiting.pop(path, None)
        typed = QueryDict(mutable=True)
        for name, values in request.POST.lists():
            if is_carried(name, request.path):
                typed.setlist(name, values)
        post = typed.urlencode()
        if len(post) <= KEPT_CHARACTERS:
            waiting[path] = {"at": time.time(), "post": post, "has_files": bool(request.FILES)}
        request.session[SESSION_KEY] = dict([*waiting.items()][-AT_MOST:])
    return HttpResponseRedirect(f"{reverse(page)}?{urlencode({REDIRECT_FIELD_NAME: path})}")


def resume(request: HttpRequest) -> HttpResponseBase | None:
    """Carry out the request that waits at the address to go to next, and return its answer; None if there is none.

    Files are not kept: a form with one is shown again, with all else that was typed.
    """
    waiting = _waiting(request)
    path = get_next_redirect_url(request)
    posted = waiting.pop(path, None) if path else None
    request.session[SESSION_KEY] = waiting
    if path is None or posted is None:
        return None
    typed = QueryDict(posted["post"], mutable=True)
    if not posted["has_files"]:
        return _carry_out(request, path, "POST", typed)
    messages.warning(request, _("Please choose the file again and save: nothing has been saved yet."))
    return _filled(_carry_out(request, path, "GET", QueryDict()), typed)


def is_waiting(request: HttpRequest) -> bool:
    """Tell whether a request waits at the address to go to next."""
    return get_next_redirect_url(request) in _waiting(request)


def _waiting(request: HttpRequest) -> dict[str, Any]:
    waiting = request.session.get(SESSION_KEY, {})
    return {path: posted for path, posted in waiting.items() if time.time() - posted["at"] < KEPT_SECONDS}


def _carry_out(request: HttpRequest, path: str, method: str, post: QueryDict) -> HttpResponseBase:
    """Call the view of an address as if the request had just come; middleware has seen this request already."""
    parts = urlsplit(path)
    request.method = method
    request.path = parts.path
    request.path_info = "/" + parts.path.removeprefix(get_script_prefix())
    request.META |= {"REQUEST_METHOD": method, "PATH_INFO": request.path_info, "QUERY_STRING": parts.query}
    vars(request).update(GET=QueryDict(parts.query), _post=post, _files=MultiValueDict())
    match = request.resolver_match = resolve(request.path_info)
    refuse_unproved(request)
    return match.func(request, *match.args, **match.kwargs)


def _filled(response: HttpResponseBase, typed: QueryDict) -> HttpResponseBase:
    """Put values back into the form of a page."""
    render = getattr(response, "render", None)
    if callable(render):
        render()
    if isinstance(response, HttpResponse) and response.status_code == 200:
        marked = mark_form(response.text)
        response.content = fill_form(marked.page, marked.form_id, dict(typed.lists()))
        keep_nowhere(response)
    return response
