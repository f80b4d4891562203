"""Units of an order's lines: the first ones on the order's page, all of them on pages of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from common.admin.display import NOTHING, Table, columns, moment
from handlers.contract import Handler
from shop.orders.admin.wording import answer_fields, answer_in_words, form_of_units
from shop.orders.giving_back.units import UnitsGivenBack
from shop.orders.lines.models import OrderLine, OrderUnit

SHOWN = 20
PER_PAGE = 100


@dataclass(frozen=True)
class UnitsView:
    """Some units of a line, and the number of all."""

    table: Table
    total: int
    given_back: int

    @property
    def shown(self) -> int:
        return len(self.table.rows)

    @property
    def are_all_shown(self) -> bool:
        return self.shown >= self.total


def first_units(lines: Iterable[OrderLine]) -> dict[int, list[OrderUnit]]:
    """Return the first units of each line, by line id; one query, whatever the number of lines and units."""
    lines = list(lines)
    rows: dict[int, list[OrderUnit]] = {line.pk: [] for line in lines}
    for unit in OrderUnit.objects.filter(line__in=lines, index__lt=SHOWN):
        rows[unit.line_id].append(unit)
    return {line.pk: _with_blanks(line, range(min(SHOWN, line.quantity)), rows[line.pk]) for line in lines}


def units_at(line: OrderLine, indexes: range) -> list[OrderUnit]:
    """Return the units of a line with these indexes; one query."""
    rows = line.units.filter(index__gte=indexes.start, index__lt=indexes.stop)
    return _with_blanks(line, indexes, rows)


def _with_blanks(line: OrderLine, indexes: range, rows: Iterable[OrderUnit]) -> list[OrderUnit]:
    """Add an empty unit for each index without a row: such a unit was left blank."""
    found = {unit.index: unit for unit in rows}
    return [found.get(index) or OrderUnit(line=line, index=index) for index in indexes]


def units_view(
    line: OrderLine, handler: Handler | None, units: list[OrderUnit], *, given_back: UnitsGivenBack
) -> UnitsView:
    table = units_table(line, handler, units, given_back=given_back)
    return UnitsView(table, total=line.quantity, given_back=len(given_back))


def units_table(
    line: OrderLine, handler: Handler | None, units: list[OrderUnit], *, given_back: UnitsGivenBack
) -> Table:
    """List units with their answers, one row each: those of the handler's form, then those of the entry's fields as
    sold.

    Units without answers make an empty table.
    """
    form = form_of_units(line, handler, units)
    asked: dict[str, str] = {}
    for unit in units:
        asked |= {name: label for name, label in answer_fields(form, unit.answers).items() if name not in asked}
    fields = line.fields_asked
    has_given_back = any(unit.index in given_back for unit in units)
    if not asked and not fields and not has_given_back:
        return Table(columns(), [], empty=_("Nothing is asked of the customer for each unit."))
    headings = [_("Unit"), *asked.values(), *(field.label_text for field in fields)]
    rows: list[list[object]] = []
    for unit in units:
        told = [answer_in_words(form, name, unit.answers.get(name)) for name in asked]
        told += [field.in_words(unit.fields.get(field.name)) for field in fields]
        is_blank = not any(unit.answers.values()) and not any(unit.fields.values())
        row: list[object] = [unit.index + 1, *(text or NOTHING for text in told)]
        if is_blank and told:
            row[1:] = [_("left blank"), *([NOTHING] * (len(told) - 1))]
        if has_given_back:
            row.append(moment(given_back.at(unit.index)))
        rows.append(row)
    if has_given_back:
        headings.append(_("Given back"))
    return Table(columns(*headings), rows)
