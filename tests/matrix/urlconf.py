"""Every address of the site, read from the URLconf that serves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Address:
    """Pattern of the site: `name` as `reverse` takes it, or the route of a pattern without a name."""

    name: str
    route: str
    parameters: frozenset[str]
    view: Callable[..., Any]


@cache
def addresses() -> tuple[Address, ...]:
    """Return every address once; of two under one name the first, which answers requests."""
    found: dict[str, Address] = {}
    for address in _below(get_resolver(), "", "", frozenset()):
        found.setdefault(address.name, address)
    return tuple(found.values())


def _below(resolver: URLResolver, route: str, namespace: str, above: frozenset[str]) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        here = route + str(pattern.pattern)
        parameters = above | frozenset(pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            inside = namespace + (f"{pattern.namespace}:" if pattern.namespace else "")
            yield from _below(pattern, here, inside, parameters)
        elif isinstance(pattern, URLPattern):
            name = namespace + pattern.name if pattern.name else here
            yield Address(name, here, parameters, pattern.callback)


PAGES = {"list": "changelist", "add": "add", "row": "change", "delete": "delete", "history": "history"}


@cache
def registered_models() -> dict[str, type[Model]]:
    """Return the models of the administration by label."""
    return {model._meta.label_lower: model for model in admin.site._registry}


def page_name(label: str, page: str) -> str:
    """Return the name of one of the pages that Django makes for a model."""
    return f"admin:{label.replace('.', '_')}_{PAGES[page]}"


def names_of_model_pages() -> set[str]:
    """Return the names of all such pages, and the old address of each row without its last word, which redirects."""
    return {page_name(label, page) for label in registered_models() for page in PAGES} | {
        f"admin/{label.replace('.', '/')}/<path:object_id>/" for label in registered_models()
    }
