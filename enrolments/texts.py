"""Lazy texts with values in them."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.functional import Promise, lazy


def in_words(say: Callable[[], str]) -> Promise:
    """A text made by `say` each time it is read, in the language and time zone active then."""
    text: Promise = lazy(say, str)()  # type: ignore[assignment]  # what it gives is a proxy of the text
    return text
