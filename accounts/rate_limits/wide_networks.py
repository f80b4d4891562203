"""Middleware for the pages of the sign-in, which allauth counts by narrow networks alone."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.rate_limits.by_network import count_from_wide_network
from accounts.rate_limits.pages import too_often
from accounts.rate_limits.services import TooOften


class WideNetworkMiddleware:
    """Middleware that counts forms of the sign-in by the wide IPv6 network they come from, and answers too many 429."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponseBase | None:
        if request.method == "POST" and request.path_info.startswith("/auth/"):
            try:
                count_from_wide_network(request, what="sign-in form", now=timezone.now())
            except TooOften as refused:
                return too_often(request, refused.seconds)
        return None
