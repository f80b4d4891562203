"""Codes of entries and addresses of categories, proposed from their names."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.text import slugify

from catalog.models.categories import Category
from catalog.models.entries import CODE_MAX_LENGTH, Entry

SLUG_MAX_LENGTH = 64


def proposed_code(name: str) -> str:
    """Return a code made of the name's words, or of them and a number, that no entry has. One query."""
    base = slugify(name).upper() or "ENTRY"
    return _free(
        base, {code.upper() for code in Entry.objects.order_by().values_list("code", flat=True)}, CODE_MAX_LENGTH
    )


def proposed_slug(name: str) -> str:
    """Return an address made of the name's words, or of them and a number, that no category has. One query."""
    base = slugify(name) or "category"
    return _free(base, set(Category.objects.order_by().values_list("slug", flat=True)), SLUG_MAX_LENGTH)


def _free(base: str, taken: Collection[str], longest: int) -> str:
    wanted, number = base[:longest].rstrip("-"), 2
    while wanted in taken:
        ending = f"-{number}"
        wanted, number = base[: longest - len(ending)].rstrip("-") + ending, number + 1
    return wanted
