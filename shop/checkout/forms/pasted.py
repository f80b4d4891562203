"""Rows pasted from a spreadsheet, read as the input of micro-forms; and input written as such rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.forms import BoundField, CheckboxInput, ChoiceField, FileInput, MultiWidget, SelectMultiple
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _

from common.refusals import Refused
from common.sheets.errors import BlankSheet, SheetRefused
from common.sheets.reading import read_pasted
from common.sheets.writing import tabbed
from handlers.asked_fields import AskedField
from shop.cart.limits import MAX_UNITS_WITH_FORMS
from shop.cart.micro_forms import Asked, MicroForm, Names, Typed

LONGEST_PASTE = 200_000
# Headings that people write over the columns of lists of people, besides the labels of the fields.
HEADINGS = {
    "email": {"email", "mail", "courriel", "courriels", "adressemail", "adresseelectronique"},
    "first_name": {"prenom", "prenoms", "firstname", "givenname", "forename"},
    "role": {"role", "profil"},
    "last_name": {"nom", "nomdefamille", "lastname", "surname", "familyname"},
}
_YES = {"oui", "yes", "x", "1", "true", "vrai", "on", "o", "y"}
_DAY_FIRST = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})")
_CONTROL = re.compile(r"(?:unit|field)-([0-9]+)-([0-9]{1,6})-(.+)", re.ASCII)


class PasteRefused(Refused):
    """Refusal of rows that are too many or cannot be read."""


@dataclass(frozen=True)
class Pasted:
    """Rows read: the input for one unit each, and each as text to paste again. `unknown` are headings that name no
    field; `left_out` tells that rows had more cells than there are fields."""

    units: list[Typed]
    texts: list[str]
    unknown: list[str]
    left_out: bool = False


def read_rows(text: str, asked: Asked) -> Pasted:
    """Read rows with a tab, semicolon or comma between the cells, in the order of the form's fields, or in that of a
    first row of headings in either language. Blank rows are left out. Raises PasteRefused."""
    if len(text) > LONGEST_PASTE:
        raise PasteRefused(_("This is too much to paste at once. Paste fewer rows."))
    try:
        rows = [[cell.strip() for cell in row.cells] for row in read_pasted(text).rows]
    except BlankSheet:
        rows = []
    except SheetRefused as refused:
        raise PasteRefused(refused.message) from refused
    if len(rows) > MAX_UNITS_WITH_FORMS + 1:
        raise PasteRefused(_("At most %(limit)d rows can be pasted at once.") % {"limit": MAX_UNITS_WITH_FORMS})
    form = MicroForm(asked, None, Names())
    columns: list[BoundField | None] = [*_columns(form)]
    unknown: list[str] = []
    if rows and (named := _named_columns(rows[0], form, asked)):
        unknown = [cell for cell, column in zip(rows[0], named, strict=True) if cell and column is None]
        columns, rows = named, rows[1:]
    return Pasted(
        units=[_typed(row, columns, form) for row in rows],
        texts=[tabbed(row) for row in rows],
        unknown=unknown,
        left_out=any(any(row[len(columns) :]) for row in rows),
    )


def _columns(form: MicroForm) -> Iterator[BoundField]:
    """Yield the fields that one cell can fill in, in the order of the form."""
    several = (FileInput, MultiWidget, SelectMultiple)
    return (each for each in form if not each.is_hidden and not isinstance(each.field.widget, several))


def _named_columns(row: Sequence[str], form: MicroForm, asked: Asked) -> list[BoundField | None]:
    """Return the field that each cell of a heading names, None where it names none; [] if the row is no heading."""
    fields = list(_columns(form))
    by_heading: dict[str, BoundField] = {}
    for position, heading in _headings(asked):
        by_heading.setdefault(heading, fields[position])
    found = [by_heading.get(_plain(cell)) for cell in row]
    cells = [cell for cell in row if cell]
    known = [column for column in found if column is not None]
    return found if known and 2 * len(known) >= len(cells) and len({id(each) for each in known}) == len(known) else []


def _headings(asked: Asked) -> Iterator[tuple[int, str]]:
    """Yield position and heading of each field: its labels in every language, then its name and what people call it."""
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            for position, bound in enumerate(_columns(MicroForm(asked, None, Names()))):
                yield position, _plain(str(bound.label))
    for position, bound in enumerate(_columns(MicroForm(asked, None, Names()))):
        for heading in (bound.name, *HEADINGS.get(bound.name, ())):
            yield position, _plain(heading)


def _plain(text: str) -> str:
    """Return a heading without case, accents and signs."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if letter.isalnum())


def _typed(row: Sequence[str], columns: Sequence[BoundField | None], form: MicroForm) -> Typed:
    asked = {each.name: each for each in form.asked.fields} if form.added else {}
    own: dict[str, Any] = {}
    added: dict[str, Any] = {}
    for cell, column in zip(row, columns, strict=False):
        if column is not None and cell:
            part = own if column.form is form.own else added
            part[column.name] = _as_typed(cell, column, asked.get(column.name) if part is added else None)
    return Typed(own, added)


def _as_typed(cell: str, column: BoundField, asked: AskedField | None) -> str:
    """Return a cell as the field's control would send it; as it is where that cannot be told."""
    widget = column.field.widget
    if isinstance(widget, CheckboxInput):
        return "on" if _plain(cell) in _YES else ""
    if isinstance(column.field, ChoiceField):
        return _choice(cell, column.field, asked)
    if widget.attrs.get("type", getattr(widget, "input_type", "")) == "date" and (day := _DAY_FIRST.fullmatch(cell)):
        return f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}"
    return cell


def _choice(cell: str, field: ChoiceField, asked: AskedField | None) -> str:
    """Return the value of the choice that a cell names, by its value or its label in any language."""
    known = {
        _plain(label): choice.value for choice in (asked.choices if asked else ()) for label in choice.label.values()
    }
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            flat = list(_flat(list(field.widget.choices)))
        known |= {_plain(label): value for value, label in flat if value}
        known |= {_plain(value): value for value, _label in flat if value}
    return known.get(_plain(cell), cell)


def _flat(choices: Iterable[tuple[Any, Any]]) -> Iterator[tuple[str, str]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield str(value or ""), str(label)


def rows_typed(data: QueryDict) -> str:
    """Return all that was typed into the micro-forms of a form sent, as rows to paste again; "" if it is nothing."""
    rows: dict[tuple[int, int], list[str]] = {}
    for name, values in data.lists():
        control = _CONTROL.fullmatch(name)
        if control is not None and len(rows) <= MAX_UNITS_WITH_FORMS:
            rows.setdefault((int(control[1][:18]), int(control[2])), []).append(" ".join(values))
    return "\n".join(tabbed(row) for _unit, row in sorted(rows.items()) if any(cell.strip() for cell in row))


def free_for(rows: int, kept: Mapping[int, Typed], *, asked: Asked, quantity: int, replaces: bool) -> list[int]:
    """Return the indexes of the units that pasted rows fill: blank ones, in order, or all of them from the first."""
    free = (
        index
        for index in range(quantity)
        if replaces or index not in kept or MicroForm(asked, kept[index], Names()).is_blank
    )
    return [index for index, _row in zip(free, range(rows), strict=False)]
