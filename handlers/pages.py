"""Pages of handlers that are Django applications too: `/x/<name>/…`, from the `urls.py` of their package."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.urls import URLResolver, include, path

from handlers import registry
from handlers.discovery import Problem
from handlers.folders import application


def extension_pages() -> Iterator[URLResolver]:
    """Yield the addresses of each application of ``HANDLER_APPS`` that has any; a broken ``urls.py`` is reported and
    left out."""
    for name in settings.HANDLER_APPS:
        module = f"{application(name, settings.HANDLER_DIRS)}.urls"
        try:
            if find_spec(module) is None:
                continue
            import_module(module)
        except Exception as error:  # an extension may fail in any way; the shop's pages stay
            registry.report(Problem(module, f"Its pages cannot be shown: {type(error).__name__}: {error}", name))
            continue
        yield path(f"x/{name}/", include((module, name)))
