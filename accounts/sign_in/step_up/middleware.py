"""Middleware that asks for proofs."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse

from accounts.sign_in.step_up.gate import SET_UP, refuse_unproved
from accounts.sign_in.step_up.proofs import ProofWanted
from accounts.sign_in.step_up.suspended import suspend


class StepUpMiddleware:
    """Middleware that lets staff into the administration once this session has proved their second factor, and asks
    for a fresh proof before sensitive acts, those of STEP_UP_ACTS and allauth's own.

    Stands last: a form must have passed the check of its CSRF token before it is kept, and one that only switches the
    language is no act.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        try:
            refuse_unproved(request)
        except ProofWanted as wanted:
            return _led(request, wanted)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return _led(request, error) if isinstance(error, ReauthenticationRequired) else None


def _led(request: HttpRequest, wanted: ReauthenticationRequired) -> HttpResponse:
    if not isinstance(wanted, ProofWanted):
        # allauth's own, which asks visitors too.
        return HttpResponseRedirect(
            f"{reverse('account_login')}?{urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})}"
        )
    if wanted.page == SET_UP:
        return redirect(SET_UP)
    return suspend(request, wanted.page)
