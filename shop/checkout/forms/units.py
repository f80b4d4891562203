"""Micro-forms of one page of units, with prefixes so that 25 of them fit on one page, and what comes back of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.forms import BoundField, CheckboxInput, ChoiceField, Textarea
from django.http import QueryDict
from django.utils.translation import gettext as _

from shop.cart.micro_forms import MicroForm, Names, Typed, version_of
from shop.cart.pricing import PricedLine
from shop.cart.services import MadeFrom
from shop.cart.units import UNITS_PER_PAGE, UNTOUCHED, UnitError
from shop.orders.answers import choice_in_words

# A table with more columns is too wide for its controls.
COLUMNS_AT_MOST = 6
_CONTROL = re.compile(r"(unit|field|made)-([0-9]{1,18})-([0-9]{1,6})(?:-(.+))?", re.ASCII | re.DOTALL)


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
    """Micro-form as shown. An untouched unit shows no errors yet.

    `version` is that of the answers kept, `made_name` the name of the control that sends it back. `elsewhere` are label
    and value of answers saved elsewhere meanwhile that differ from those typed here.
    """

    index: int
    form: MicroForm
    is_touched: bool
    version: str
    made_name: str
    elsewhere: list[tuple[str, str]] = field(default_factory=list)

    @property
    def number(self) -> int:
        return self.index + 1

    @property
    def fits_in_a_row(self) -> bool:
        """Tell whether every field is short, so that the unit can be a row of a table."""
        shown = [each for each in self.form if not each.is_hidden]
        return len(shown) <= COLUMNS_AT_MOST and not any(
            isinstance(each.field.widget, Textarea) or each.use_fieldset for each in shown
        )


def pages_of(lines: Sequence[PricedLine]) -> list[UnitsPage]:
    """Return all pages of the step, line by line."""
    pages: list[UnitsPage] = []
    for line in lines:
        quantity = line.line.quantity
        for start in range(0, quantity, UNITS_PER_PAGE):
            indexes = range(start, min(start + UNITS_PER_PAGE, quantity))
            pages.append(UnitsPage(len(pages) + 1, line, indexes))
    return pages


def page_with(pages: Sequence[UnitsPage], line_id: int, index: int) -> UnitsPage:
    """Return the page of a unit; the last page of its line if the unit is beyond the quantity."""
    of_line = [page for page in pages if page.line.line.pk == line_id]
    return next((page for page in of_line if index in page.indexes), of_line[-1])


def names_of(line_id: int, index: int) -> Names:
    """Return the prefixes of a unit's controls: the handler's, and those of the entry's fields."""
    return Names(own=f"unit-{line_id}-{index}", added=f"field-{line_id}-{index}")


def units_on(
    page: UnitsPage, errors_across: Sequence[UnitError], *, typed_here: Mapping[int, Typed] | None = None
) -> list[UnitOnPage]:
    """Return the forms of a page, bound to the input kept, or to that of `typed_here`, which was not kept; errors of
    rules across units are added to their fields."""
    units, line_id = page.line.units, page.line.line.pk
    here = typed_here or {}
    shown = []
    for index in page.indexes:
        kept = units.typed.get(index)
        form = MicroForm(units.asked, here.get(index, kept), names_of(line_id, index))
        form.is_valid()
        for error in errors_across:
            if (error.line_id, error.index) == (line_id, index) and index not in here and form.is_bound:
                form.add_error(error.field, error.message)
        shown.append(
            UnitOnPage(
                index,
                form,
                is_touched=form.is_bound,
                version=version_of(kept or UNTOUCHED),
                made_name=f"made-{line_id}-{index}",
                elsewhere=_differences(units.form(index), form) if index in here else [],
            )
        )
    return shown


def _differences(kept: MicroForm, typed: MicroForm) -> list[tuple[str, str]]:
    pairs = zip(kept, typed, strict=True)
    return [(str(now.label), _in_words(now)) for now, here in pairs if (now.value() or "") != (here.value() or "")]


def _in_words(bound: BoundField) -> str:
    value = bound.value()
    if isinstance(bound.field.widget, CheckboxInput):
        return _("yes") if value else _("no")
    if value in (None, "", []):
        return _("blank")
    return choice_in_words(bound.field, value) if isinstance(bound.field, ChoiceField) else str(value)


@dataclass(frozen=True)
class Sent:
    """Units of one line that a form sent contained, with their input, and the quantity that the page showed, 0 if it
    does not say."""

    units: dict[int, Typed]
    made_from: dict[int, MadeFrom]
    quantity_shown: int


def sent_of(line: PricedLine, data: QueryDict) -> Sent:
    """Return what was sent of a line, and nothing of the units that the form did not contain."""
    answers: dict[int, dict[str, Any]] = {}
    fields: dict[int, dict[str, Any]] = {}
    versions: dict[int, str] = {}
    for name, values in data.lists():
        control = _CONTROL.fullmatch(name)
        if control is None or int(control[2]) != line.line.pk:
            continue
        kind, index, rest = control[1], int(control[3]), control[4]
        if kind == "made":
            versions[index] = values[0]
        elif rest:
            part = answers if kind == "unit" else fields
            part.setdefault(index, {})[rest] = values[0] if len(values) == 1 else values
    asked = {each.name for each in line.units.asked.fields}
    units = {}
    for index in sorted({*answers, *fields, *versions}):
        kept = line.units.typed.get(index, UNTOUCHED).fields
        waiting = {name: value for name, value in kept.items() if name not in asked}
        units[index] = Typed(answers.get(index, {}), waiting | fields.get(index, {}))
    made_from = {
        index: MadeFrom(versions.get(index, ""), _is_as_shown(line, typed, versions.get(index, "")))
        for index, typed in units.items()
    }
    shown = data.get("quantity", "")
    return Sent(units, made_from, int(shown) if re.fullmatch(r"[0-9]{1,6}", shown, re.ASCII) else 0)


def _is_as_shown(line: PricedLine, typed: Typed, version: str) -> bool:
    if version_of(typed) == version:
        return True
    return not version and MicroForm(line.units.asked, typed, Names()).is_blank
