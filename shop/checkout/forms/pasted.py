"""Rows pasted from a spreadsheet, or sent as a file, read as the input of micro-forms; and input written as such
rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files import File
from django.forms import BoundField, CheckboxInput, ChoiceField
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _

from common.refusals import Refused
from common.sheets.errors import BlankSheet, SheetRefused
from common.sheets.reading import read_pasted, read_upload
from common.sheets.tables import Table
from common.sheets.writing import tabbed
from enrolments.lists.reading import parts_of_name, role_named
from handlers.asked_fields import AskedField
from shop.cart.limits import MAX_UNITS_WITH_FORMS
from shop.cart.micro_forms import Asked, MicroForm, Names, Typed
from shop.checkout.forms.columns import NAME_PARTS, Column, recognise

LONGEST_PASTE = 200_000
_YES = {"oui", "yes", "x", "1", "true", "vrai", "on", "o", "y"}
_DAY_FIRST = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})")
_CONTROL = re.compile(r"(?:unit|field)-([0-9]+)-([0-9]{1,6})-(.+)", re.ASCII)


class PasteRefused(Refused):
    """Refusal of rows that are too many or cannot be read."""


@dataclass(frozen=True)
class PastedRow:
    """Row read: its number as a spreadsheet shows it, the input for one unit, and its text to paste again. `surplus`
    tells that it had more cells than there are columns."""

    line: int
    unit: Typed
    text: str
    surplus: bool = False


@dataclass(frozen=True)
class Pasted:
    """Rows read. `unknown` are headings that name no field; `headings` is the row of headings as text, "" without."""

    rows: list[PastedRow]
    unknown: tuple[str, ...] = ()
    headings: str = ""

    @property
    def units(self) -> list[Typed]:
        return [row.unit for row in self.rows]

    @property
    def left_out(self) -> list[int]:
        """Numbers of the rows whose last cells were left out."""
        return [row.line for row in self.rows if row.surplus]

    def text_of(self, rows: Sequence[PastedRow]) -> str:
        """Return rows as text to paste again, under their headings; "" without rows."""
        return "\n".join([*filter(None, [self.headings]), *(row.text for row in rows)]) if rows else ""


def read_rows(text: str, asked: Asked) -> Pasted:
    """Read rows with a tab, semicolon or comma between the cells, in the order of the form's fields, or in that of a
    row of headings in either language. Blank rows are left out. Raises PasteRefused."""
    if len(text) > LONGEST_PASTE:
        raise PasteRefused(_("This is too much to paste at once. Paste fewer rows."))
    try:
        return _read(read_pasted(text), asked)
    except BlankSheet:
        return Pasted([])
    except SheetRefused as refused:
        raise PasteRefused(refused.message) from refused


def read_file_of_rows(upload: File[bytes], asked: Asked) -> Pasted:
    """Read rows like `read_rows` from a CSV or XLSX file. Raises PasteRefused."""
    try:
        return _read(read_upload(upload), asked)
    except SheetRefused as refused:
        raise PasteRefused(refused.message) from refused


def _read(table: Table, asked: Asked) -> Pasted:
    form = MicroForm(asked, None, Names())
    found = recognise(table, form, asked)
    rows = table.rows[found.headings :]
    if len(rows) > MAX_UNITS_WITH_FORMS:
        raise PasteRefused(_("At most %(limit)d rows can be pasted at once.") % {"limit": MAX_UNITS_WITH_FORMS})
    read = []
    for row in rows:
        cells = [cell.strip() for cell in row.cells]
        surplus = any(cells[len(found.columns) :])
        read.append(PastedRow(row.line, _typed(cells, found.columns, form), tabbed(cells), surplus))
    headings = tabbed(table.rows[found.headings - 1].cells) if found.headings else ""
    return Pasted(read, found.unknown, headings)


def _typed(row: Sequence[str], columns: Sequence[Column | None], form: MicroForm) -> Typed:
    asked = {each.name: each for each in form.asked.fields} if form.added else {}
    own: dict[str, Any] = {}
    added: dict[str, Any] = {}
    for cell, column in zip(row, columns, strict=False):
        if column is None or not cell:
            continue
        if column.field is None:
            parts = parts_of_name(cell, last_first=column.whole == "last_name_first")
            own |= {name: part for name, part in zip(NAME_PARTS, parts, strict=True) if part}
            continue
        part = own if column.field.form is form.own else added
        name = column.field.name
        part[name] = _as_typed(cell, column.field, asked.get(name) if part is added else None)
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
    """Return the value of the choice that a cell names, by its value or its label in any language, or by a word for a
    role."""
    known = {
        _plain(label): choice.value for choice in (asked.choices if asked else ()) for label in choice.label.values()
    }
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            flat = list(_flat(list(field.widget.choices)))
        known |= {_plain(label): value for value, label in flat if value}
        known |= {_plain(value): value for value, _label in flat if value}
    return known.get(_plain(cell)) or known.get(_plain(role_named(cell) or ""), cell)


def _plain(text: str) -> str:
    """Return the words of a choice without case, accents and signs."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if letter.isalnum())


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
