"""Micro-forms of one page of units, with prefixes so that 25 of them fit on one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from shop.cart.micro_forms import MicroForm, Names, Typed
from shop.cart.pricing import PricedLine
from shop.cart.units import UNITS_PER_PAGE, UnitError


@dataclass(frozen=True)
class UnitsPage:
    """Page of up to 25 units of one line. `number` counts the pages of the whole step, from 1."""

    number: int
    line: PricedLine
    indexes: range

    @property
    def first(self) -> int:
        return self.indexes.start + 1

    @property
    def last(self) -> int:
        return self.indexes.stop


@dataclass(frozen=True)
class UnitOnPage:
    """Micro-form as shown. An untouched unit shows no errors yet."""

    index: int
    form: MicroForm
    is_touched: bool

    @property
    def number(self) -> int:
        return self.index + 1


def pages_of(lines: Sequence[PricedLine]) -> list[UnitsPage]:
    """Return all pages of the step, line by line."""
    pages: list[UnitsPage] = []
    for line in lines:
        quantity = line.line.quantity
        for start in range(0, quantity, UNITS_PER_PAGE):
            indexes = range(start, min(start + UNITS_PER_PAGE, quantity))
            pages.append(UnitsPage(len(pages) + 1, line, indexes))
    return pages


def names_of(line_id: int, index: int) -> Names:
    """Return the prefixes of a unit's controls: the handler's, and those of the entry's fields."""
    return Names(own=f"unit-{line_id}-{index}", added=f"field-{line_id}-{index}")


def units_on(page: UnitsPage, errors: Sequence[UnitError]) -> list[UnitOnPage]:
    """Return the forms of a page, bound to the input kept; errors of rules across units are added to their fields."""
    units = page.line.units
    shown = []
    for index in page.indexes:
        form = MicroForm(units.asked, units.typed.get(index), names_of(page.line.line.pk, index))
        own = [error for error in errors if (error.line_id, error.index) == (page.line.line.pk, index)]
        if form.is_bound and form.is_valid():
            for error in own:
                form.add_error(error.field, error.message)
        shown.append(UnitOnPage(index, form, is_touched=form.is_bound))
    return shown


def posted(page: UnitsPage, data: QueryDict) -> dict[int, Typed]:
    """Return the raw input of a page by unit index."""
    typed: dict[int, Typed] = {}
    parts: dict[str, dict[str, Any]] = {}
    for index in page.indexes:
        names = names_of(page.line.line.pk, index)
        answers = parts.setdefault(f"{names.own}-", {})
        fields = parts.setdefault(f"{names.added}-", {})
        typed[index] = Typed(answers, fields)
    for name, values in data.lists():
        head = next((prefix for prefix in parts if name.startswith(prefix)), None)
        if head is not None:
            parts[head][name.removeprefix(head)] = values[0] if len(values) == 1 else values
    return typed
