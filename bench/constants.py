"""What a page costs when nothing is asked: its template, filled from constants, behind the same middleware."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from types import ModuleType
from typing import Any, cast
from unittest.mock import patch

from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shop.pages.frame import Framed, site_of

View = Callable[..., HttpResponse]

_first_time = Lock()


def constant(view: View, module: ModuleType) -> View:
    """The view as it was when first asked: later answers are drawn from what its template was given then.

    `module` is where the view finds `render`. From the second time on a query is an error.
    """
    kept: dict[str, Any] = {}

    def answer(request: HttpRequest, **arguments: Any) -> HttpResponse:
        if "template" not in kept:
            with _first_time, patch.object(module, "render", _keeping(kept)):
                return view(request, **arguments)
        request.session = SessionStore()  # empty: it asks nothing and is not stored
        request.user = AnonymousUser()
        cast("Framed", request).site_frame = kept["frame"]
        with connection.execute_wrapper(_refuse):
            return render(request, kept["template"], kept["context"])

    return answer


def _keeping(kept: dict[str, Any]) -> Callable[..., HttpResponse]:
    def keep(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        # Drawn once, so that everything that is read late has been read.
        response = render(request, template, context)
        frame = site_of(request)
        # Kept with their values, also those that a property would ask for anew.
        assert frame.cart_count >= 0
        assert frame.seller is not None
        assert frame.categories is not None
        kept.update(frame=frame, context=context, template=template)
        return response

    return keep


def _refuse(*_call: Any) -> None:
    raise AssertionError("A page filled from constants asks nothing.")
