"""The micro-forms of a page of units: prefixed, so that 25 of them stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from shop.services.errors import UnitError
from shop.services.pricing import PricedLine
from shop.services.units import UNITS_PER_PAGE


@dataclass(frozen=True)
class UnitsPage:
    """Up to 25 units of one line, somewhere among all pages of the step. `number` counts from 1."""

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
    """One micro-form as it is shown. An untouched unit shows no errors yet."""

    index: int
    form: forms.Form
    is_touched: bool

    @property
    def number(self) -> int:
        return self.index + 1


def pages_of(lines: Sequence[PricedLine]) -> list[UnitsPage]:
    """Every page of the step, line by line."""
    pages: list[UnitsPage] = []
    for line in lines:
        quantity = line.line.quantity
        for start in range(0, quantity, UNITS_PER_PAGE):
            indexes = range(start, min(start + UNITS_PER_PAGE, quantity))
            pages.append(UnitsPage(len(pages) + 1, line, indexes))
    return pages


def prefix_of(line_id: int, index: int) -> str:
    return f"unit-{line_id}-{index}"


def units_on(page: UnitsPage, errors: Sequence[UnitError]) -> list[UnitOnPage]:
    """The forms of a page, bound to what was kept; rules broken across units stand at their fields."""
    form_class = page.line.units.form_class
    assert form_class is not None  # only lines with forms have pages
    shown = []
    for index in page.indexes:
        answers = page.line.units.answers.get(index)
        prefix = prefix_of(page.line.line.pk, index)
        data = None if answers is None else _prefixed(prefix, answers)
        form = form_class(data, prefix=prefix, use_required_attribute=False)
        own = [error for error in errors if (error.line_id, error.index) == (page.line.line.pk, index)]
        if form.is_bound and form.is_valid():
            for error in own:
                form.add_error(error.field if error.field in form.fields else None, error.message)
        shown.append(UnitOnPage(index, form, is_touched=form.is_bound))
    return shown


def posted_answers(page: UnitsPage, data: QueryDict) -> dict[int, dict[str, Any]]:
    """What was typed on a page, unit by unit, exactly as typed."""
    answers: dict[int, dict[str, Any]] = {index: {} for index in page.indexes}
    by_prefix = {f"{prefix_of(page.line.line.pk, index)}-": index for index in page.indexes}
    for name, values in data.lists():
        head = next((prefix for prefix in by_prefix if name.startswith(prefix)), None)
        if head is not None:
            answers[by_prefix[head]][name.removeprefix(head)] = values[0] if len(values) == 1 else values
    return answers


def _prefixed(prefix: str, answers: dict[str, Any]) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in answers.items():
        data.setlist(f"{prefix}-{name}", value if isinstance(value, list) else [value])
    return data
