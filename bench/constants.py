"""Cost of a page without queries: its template, filled from constants, behind the same middleware."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from types import ModuleType
from typing import Any, cast
from unittest.mock import patch

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.browser_sessions.store import SessionStore
from shop.pages.frame import Framed, site_of

View = Callable[..., HttpResponse]

_first_time = Lock()


def constant(view: View, module: ModuleType) -> View:
    """Return a view that answers as at its first request: later answers render the template with the values of then.

    `module` is where the view finds `render`. A query after the first request raises AssertionError.
    """
    kept: dict[str, Any] = {}

    def answer(request: HttpRequest, **arguments: Any) -> HttpResponse:
        if "template" not in kept:
            with _first_time, patch.object(module, "render", _keeping(kept)):
                return view(request, **arguments)
        request.session = SessionStore()  # empty: it needs no query and is not stored
        request.user = AnonymousUser()
        cast("Framed", request).site_frame = kept["frame"]
        with connection.execute_wrapper(_refuse):
            return render(request, kept["template"], kept["context"])

    return answer


def _keeping(kept: dict[str, Any]) -> Callable[..., HttpResponse]:
    def keep(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        # Rendered once, so that everything lazy in the context has been read.
        response = render(request, template, context)
        frame = site_of(request)
        # The frame is kept with these values, which its properties would query again.
        assert frame.cart_count >= 0
        assert frame.seller is not None
        assert frame.categories is not None
        kept.update(frame=frame, context=context, template=template)
        return response

    return keep


def _refuse(*_call: Any) -> None:
    raise AssertionError("A page filled from constants asks nothing.")
