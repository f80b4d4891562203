"""Units of order lines that were not given back, as handlers see them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.db import connection

from handlers.contract import UnitContext, Units
from shop.orders.lines.models import OrderLine

# Units given back of some lines, as runs of indexes; see `shop.orders.giving_back.units`.
GIVEN_BACK = """
SELECT line_id, first_index AS first, last_index AS last FROM shop_givingback WHERE line_id = ANY(%(lines)s)
UNION ALL
SELECT unit.line_id, unit.index, unit.index FROM shop_orderunit unit
WHERE unit.line_id = ANY(%(lines)s) AND unit.given_back_at IS NOT NULL AND NOT EXISTS (
    SELECT FROM shop_givingback row
    WHERE row.line_id = unit.line_id AND unit.index BETWEEN row.first_index AND row.last_index
)
"""

ANSWERED_AND_GIVEN_BACK = (
    """
SELECT line_id, index AS first, index AS last, answers, fields FROM shop_orderunit
WHERE line_id = ANY(%(lines)s) AND NOT (answers = '{}' AND fields = '{}')
UNION ALL
SELECT line_id, first, last, NULL, NULL FROM ("""
    + GIVEN_BACK
    + ") gone"
)


def units_left(lines: Iterable[OrderLine]) -> dict[int, Units]:
    """Return the units of each line that were not given back, with their answers, by line id.

    A line has as many units as its quantity, with or without rows. One query, whatever the number of lines and units;
    it reads one row per unit with answers and per run given back.
    """
    lines = list(lines)
    answered: dict[int, list[UnitContext]] = {line.pk: [] for line in lines}
    gone: dict[int, list[range]] = {line.pk: [] for line in lines}
    with connection.cursor() as cursor:
        cursor.execute(ANSWERED_AND_GIVEN_BACK, {"lines": list(answered)})
        for line_id, first, last, answers, fields in cursor.fetchall():
            if answers is None:
                gone[line_id].append(range(first, last + 1))
            else:
                answered[line_id].append(UnitContext(first, json.loads(answers), json.loads(fields)))
    return {line.pk: Units.first(line.quantity, answered[line.pk]).without(gone[line.pk]) for line in lines}
