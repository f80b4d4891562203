"""Staff's view of people: recorded once for each viewer, thing and hour, so that a morning's work is no flood.

A floor registers the pages that show people in its `ready()`: `add_admin_pages("shop.order", "outbox.mail")`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.security_log.kinds import Kind
from accounts.security_log.services import record
from common.registry import Registry


@dataclass(frozen=True)
class Seen:
    """A page's thing: the model's label, its row, None for a list; the person where the row is one."""

    page: str
    row: int | str | None = None
    user_id: int | None = None


# What a page shows, by the parameters of its address; None where that is nobody's.
See = Callable[[Mapping[str, Any]], Seen | None]

PAGES: Registry[See] = Registry("page that shows people")


def add_admin_pages(*labels: str) -> None:
    """Register the administration's pages of models, by their labels (`shop.order`)."""
    for label in labels:
        name = f"admin:{label.replace('.', '_')}"
        PAGES.register(f"{name}_changelist", _ListOf(label))
        for page in ("change", "history"):
            PAGES.register(f"{name}_{page}", _RowOf(label))


def add_admin_search(*names: str) -> None:
    """Register the administration's pages that find people of several models."""
    for name in names:
        PAGES.register(f"admin:{name}", _ListOf(name))


@dataclass(frozen=True)
class _ListOf:
    label: str

    def __call__(self, parameters: Mapping[str, Any]) -> Seen:
        return Seen(self.label)


@dataclass(frozen=True)
class _RowOf:
    label: str

    def __call__(self, parameters: Mapping[str, Any]) -> Seen | None:
        row = str(parameters["object_id"])
        if not row.isdecimal():
            return None
        return Seen(self.label, int(row), int(row) if self.label == "accounts.user" else None)


class StaffViewsMiddleware:
    """Middleware that records which people staff looked at. Pages that show nobody cost nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        match = request.resolver_match
        see = PAGES.find(match.view_name) if match else None
        if match is not None and see is not None and response.status_code == 200 and _is_staff(request):
            seen = see(match.kwargs)
            if seen is not None:
                _record(request, seen)
        return response


def _is_staff(request: HttpRequest) -> bool:
    return request.user.is_authenticated and request.user.is_staff


def _record(request: HttpRequest, seen: Seen) -> None:
    record(
        Kind.PERSON_VIEWED,
        now=timezone.now(),
        request=request,
        user_id=seen.user_id,
        actor_id=request.user.pk,
        details={"page": seen.page, "row": seen.row},
        once=f"{seen.page}:{seen.row}:{request.user.pk}",
    )
