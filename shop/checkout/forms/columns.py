"""Columns of pasted rows: the field of a micro-form that each of them fills in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.forms import BoundField, FileInput, MultiWidget, SelectMultiple
from django.utils import translation

from common.refusals import Refused
from common.sheets.tables import Row, Table
from enrolments.lists.columns import FIELD_OF, Columns, columns_of, name_or_part, plain_heading
from shop.cart.micro_forms import Asked, MicroForm, Names

# Rows of which one may hold the headings: titles may stand above it.
TITLES_AT_MOST = 20
NAME_PARTS = ("first_name", "last_name")
WHOLE_NAMES = ("full_name", "last_name_first")


@dataclass(frozen=True)
class Column:
    """Column that fills in a field, or first and last name from a whole one, which `whole` names as lists of people
    do."""

    field: BoundField | None = None
    whole: str = ""


@dataclass(frozen=True)
class Recognised:
    """Columns by their position, None where a column is not asked for; `headings` is the number of rows down to that of
    the headings, 0 for rows without; `unknown` are the headings of columns that are not asked for."""

    columns: list[Column | None]
    headings: int = 0
    unknown: tuple[str, ...] = ()


def recognise(table: Table, form: MicroForm, asked: Asked) -> Recognised:
    """Recognise the columns of pasted rows: by a row of headings; without one they are in the order of the form, or of
    a list of people where their addresses stand elsewhere than in the form."""
    fields = list(fields_of_one_cell(form))
    for number, row in enumerate(_above_people(table)):
        found = _named(row, fields, asked)
        if found:
            unknown = tuple(
                cell.strip() for cell, column in zip(row.cells, found, strict=True) if cell.strip() and column is None
            )
            return Recognised(found, number + 1, unknown)
    return Recognised(_as_in_lists(table, fields) or [Column(each) for each in fields])


def fields_of_one_cell(form: MicroForm) -> Iterator[BoundField]:
    """Yield the fields that one cell can fill in, in the order of the form."""
    several = (FileInput, MultiWidget, SelectMultiple)
    return (each for each in form if not each.is_hidden and not isinstance(each.field.widget, several))


def _above_people(table: Table) -> Sequence[Row]:
    """Return the rows of which one may hold the headings: those above the first address; without any the first row."""
    first = next((place for place, row in enumerate(table.rows) if any("@" in cell for cell in row.cells)), 1)
    return table.rows[: min(first, TITLES_AT_MOST)]


def _named(row: Row, fields: Sequence[BoundField], asked: Asked) -> list[Column | None]:
    """Return the column that each cell of a heading names; [] if the row is no heading: fewer than half of its cells
    name a field."""
    by_label = _labels(fields, asked)
    of_people = _of_people([plain_heading(cell) for cell in row.cells])
    found: list[Column | None] = []
    for cell, name in zip(row.cells, of_people, strict=True):
        column = _column(name, fields) or _column_of_field(by_label.get(plain_heading(cell)), fields)
        found.append(column if column not in found else None)
    if any(column is not None and column.whole for column in found) and _has_parts(found):
        found = [None if column is not None and column.whole else column for column in found]
    known = sum(column is not None for column in found)
    return found if known and 2 * known >= sum(bool(cell.strip()) for cell in row.cells) else []


def _of_people(headings: Sequence[str]) -> list[str]:
    """Return the field of a list of people that each heading names, "" where it names none."""
    named = [FIELD_OF.get(heading, "") for heading in headings]
    return [name_or_part(named) if name == "name" else name for name in named]


def _column(name: str, fields: Sequence[BoundField]) -> Column | None:
    """Return the column that fills in a field of a list of people, None for a form without."""
    names = [each.name for each in fields]
    if name in names:
        return Column(fields[names.index(name)])
    return Column(whole=name) if name in WHOLE_NAMES and {*NAME_PARTS} <= {*names} else None


def _column_of_field(position: int | None, fields: Sequence[BoundField]) -> Column | None:
    return None if position is None else Column(fields[position])


def _has_parts(columns: Sequence[Column | None]) -> bool:
    fields = [column.field for column in columns if column is not None]
    return any(field is not None and field.name in NAME_PARTS for field in fields)


def _labels(fields: Sequence[BoundField], asked: Asked) -> dict[str, int]:
    """Return the position of each field by its labels in every language, and by its name."""
    found: dict[str, int] = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            for position, bound in enumerate(fields_of_one_cell(MicroForm(asked, None, Names()))):
                found.setdefault(plain_heading(str(bound.label)), position)
    for position, bound in enumerate(fields):
        found.setdefault(plain_heading(bound.name), position)
    return found


def _as_in_lists(table: Table, fields: Sequence[BoundField]) -> list[Column | None]:
    """Return the columns of a list of people without headings; [] where the addresses stand as in the form."""
    names = [each.name for each in fields]
    if not {"email", *NAME_PARTS} <= {*names}:
        return []
    try:
        of_list: Columns = columns_of(table)
    except Refused:
        return []
    places = Counter(place for row in table.rows for place, cell in enumerate(row.cells) if "@" in cell)
    if of_list.headings or places.most_common(1)[0][0] == names.index("email"):
        return []
    return [_column(of_list.fields.get(place, ""), fields) for place in range(of_list.width)]
