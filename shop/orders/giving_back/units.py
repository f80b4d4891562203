"""Units of order lines that were given back, read in one place.

The rows of `GivingBack` tell which they are. While the previous release still runs beside this one, it writes
`OrderUnit.given_back_at` and no row: such a unit counts as given back without money, until the release that stops
writing the column reads the events of that time once more, by the function of migration 0009.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, TypedDict

from django.db.models import Exists, F, Min, OuterRef, QuerySet, Subquery

from billing.ledger.models import SOLD, Account, LedgerEntry
from billing.ledger.selectors import sum_by_order
from common.currencies import as_amount
from common.plain_rows import plain_rows
from shop.orders.giving_back.models import GivingBack
from shop.orders.lines.models import OrderLine, OrderUnit
from shop.orders.models import Order

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

HAS_ROW = Exists(
    GivingBack.objects.filter(
        line=OuterRef("line"), first_index__lte=OuterRef("index"), last_index__gte=OuterRef("index")
    )
)


class WentBack(TypedDict):
    """Columns added to each order by `went_back`."""

    went_back: Decimal
    lowered_back: Decimal
    owed_back: Decimal
    owed_since: datetime | None


@dataclass(frozen=True)
class Part:
    """Consecutive units of a line given back, both ends included, counted from 0."""

    first: int
    last: int
    at: datetime


@dataclass(frozen=True)
class UnitsGivenBack:
    """Units of one line given back. `parts` are in the order of the units."""

    parts: tuple[Part, ...] = ()

    def __len__(self) -> int:
        return sum(part.last - part.first + 1 for part in self.parts)

    def __contains__(self, index: int) -> bool:
        return self.at(index) is not None

    def at(self, index: int) -> datetime | None:
        """Return the time at which a unit was given back; None if it was not."""
        before = bisect_right(self.parts, index, key=lambda part: part.first)
        part = self.parts[before - 1] if before else None
        return part.at if part is not None and index <= part.last else None


def went_back(orders: QuerySet[Order]) -> QuerySet[WithAnnotations[Order, WentBack]]:
    """Annotate each order with sums of the ledger, tax included, for its units given back: `went_back` in all,
    `lowered_back` not asked for any more, `owed_back` still to be paid back, each 0.00 for none; and with `owed_since`,
    the time of the first giving back still owed."""
    owed = GivingBack.objects.owed().filter(line__order=OuterRef("pk")).order_by().values("line__order")
    return orders.annotate(
        went_back=as_amount(sum_by_order(*SOLD, kinds=[LedgerEntry.Kind.GIVEN_BACK])),
        lowered_back=as_amount(-sum_by_order(Account.RECEIVABLE, kinds=[LedgerEntry.Kind.GIVEN_BACK])),
        owed_back=as_amount(-sum_by_order(Account.REFUNDS_OWED)),
        owed_since=Subquery(owed.values(first=Min("at"))),
    )


_ANSWERED = """
WHERE line_id = ANY(%s) AND NOT (answers = '{}' AND fields = '{}') AND given_back_at IS NULL
    AND NOT EXISTS (
        SELECT FROM shop_givingback given
        WHERE given.line_id = this.line_id AND this.index BETWEEN given.first_index AND given.last_index
    )
ORDER BY index
"""


def answered_units(line_ids: Sequence[int]) -> list[OrderUnit]:
    """Return the units of these lines that have answers and were not given back, by index. One query."""
    return plain_rows(OrderUnit, _ANSWERED, [list(line_ids)])


def units_given_back(lines: Iterable[OrderLine]) -> dict[int, UnitsGivenBack]:
    """Return the units given back of each line, by line id. One query, whatever the number of units."""
    lines = list(lines)
    without_row = (
        OrderUnit.objects.filter(~HAS_ROW, line__in=lines, given_back_at__isnull=False)
        .order_by()
        .annotate(last=F("index"))
        .values_list("line_id", "index", "last", "given_back_at")
    )
    rows = GivingBack.objects.filter(line__in=lines).order_by()
    found = rows.values_list("line_id", "first_index", "last_index", "at").union(without_row, all=True)
    parts: dict[int, list[Part]] = {line.pk: [] for line in lines}
    for line_id, first, last, at in found:
        parts[line_id].append(Part(first, last, at))
    return {
        line_id: UnitsGivenBack(tuple(sorted(of_line, key=lambda part: part.first)))
        for line_id, of_line in parts.items()
    }
