"""Pages under a rate limit."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from accounts.rate_limits.by_network import count_from_network
from accounts.rate_limits.services import TooOften


def limited(what: str, *methods: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Count requests of the given methods by the network they come from; answer too many with a page that says so."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def let_in(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method in methods:
                try:
                    count_from_network(request, what=what, now=timezone.now())
                except TooOften as refused:
                    return too_often(request, refused.seconds)
            return view(request, *args, **kwargs)

        return let_in

    return decorate


def too_often(request: HttpRequest, seconds: int) -> HttpResponse:
    """Return the page for too many attempts: the time to wait, and that nothing was lost."""
    minutes = math.ceil(seconds / 60)
    context = {"minutes": minutes if minutes < 60 else 0, "hours": math.ceil(seconds / 3600) if minutes >= 60 else 0}
    response = render(request, "429.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = str(seconds)
    return response
