"""Middleware that counts, times and traces requests by the names of their addresses, never by what stands in them."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from common import tracing
from project.logs import request_id

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
Answer = Callable[[HttpRequest], HttpResponseBase]


class FiguresMiddleware:
    def __init__(self, get_response: Answer) -> None:
        from project.watching import figures

        self.get_response, self.figures = get_response, figures

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.monotonic()
        response = self.get_response(request)
        self.figures.count_request(
            view=view_of(request),
            method=method_of(request),
            status=response.status_code,
            seconds=time.monotonic() - began,
        )
        return response


class TracesMiddleware:
    """Middleware that begins a trace with each request. A trace that a stranger names is not taken over."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        method = method_of(request)
        with tracing.span(f"{method} request", method=method, request_id=request_id.get()) as span:
            response = self.get_response(request)
            view, status = view_of(request), response.status_code
            span.tell(f"{method} {view}", view=view, status=status, failed=str(status) if status >= 500 else "")
        return response


def view_of(request: HttpRequest) -> str:
    """Return the name of the request's address; "none" where it was answered before it was looked up, or is none of
    ours."""
    match = request.resolver_match
    return "none" if match is None else match.view_name or "unnamed"


def method_of(request: HttpRequest) -> str:
    """Return the method, "other" for one that a stranger made up: each would be a figure of its own."""
    return request.method if request.method in METHODS else "other"
