"""Count of the rows of a list: exact up to some thousands, beyond that the database's own estimate."""

from __future__ import annotations

import json
from math import floor, log10
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.functional import cached_property

from common.search import is_searched

EXACT_UP_TO = 5_000
# What a search found is counted from the keys alone, and can only be counted.
FOUND_EXACT_UP_TO = 100_000

if TYPE_CHECKING:
    AnyPaginator = Paginator[Any]
else:
    AnyPaginator = Paginator


class EstimatingPaginator(AnyPaginator):
    """Paginator that counts at most `EXACT_UP_TO` rows, and of a search at most `FOUND_EXACT_UP_TO`.

    More are estimated from the statistics of the tables, to two digits. An estimate too low leaves the last rows to
    the filters and to the opposite order; one too high shows empty pages at the end.
    """

    template_name = "common/list_count.html"

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        for bound in self._bounds:
            counted = rows.order_by().values("pk")[: bound + 1].count()
            if counted <= bound:
                return counted
        return max(_estimated(rows), self._bounds[-1] + 1)

    @cached_property
    def _bounds(self) -> tuple[int, ...]:
        is_found = isinstance(self.object_list, QuerySet) and is_searched(self.object_list)
        return (EXACT_UP_TO, FOUND_EXACT_UP_TO) if is_found else (EXACT_UP_TO,)

    @property
    def about(self) -> str:
        """Return the number for the reader if it is an estimate, else ""."""
        return number_format(self.count, force_grouping=True) if self.count > self._bounds[-1] else ""


def _estimated(rows: QuerySet[Any]) -> int:
    plan = json.loads(rows.order_by().values("pk").explain(format="json"))[0]["Plan"]
    guessed = max(plan["Plan Rows"], 1)
    return round(guessed, 1 - floor(log10(guessed)))
