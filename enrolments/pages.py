"""Paging of the account area's lists."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from common.numbers import whole_number
from common.paging import KeyPage, key_page

M = TypeVar("M", bound=Model)


def page_of(request: HttpRequest, rows: QuerySet[M], size: int) -> KeyPage[M]:
    """Return the page of a list that the request's address asks for: the first, or the one beside a key."""
    return key_page(rows, size=size, older_than=_key(request, "older"), newer_than=_key(request, "newer"))


def query_string(request: HttpRequest, *names: str) -> str:
    """Return the other parameters of a list, for the links to its neighbouring pages."""
    return urlencode([(name, request.GET[name]) for name in names if request.GET.get(name)])


def _key(request: HttpRequest, name: str) -> int | None:
    return whole_number(request.GET.get(name, ""))
