"""Search in the administration's lists, and in the fields that look rows up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from common.admin.counting import EstimatingPaginator
from common.admin.pages import Page
from common.search import matching, matching_whole


class FindsText(Page):
    """Admin whose search finds without accents and case in the columns called `search_text`.

    `search_fields` names columns as `common.search.matching` takes them, not with the prefixes of Django's own search.
    A number, reference or address typed whole that is found in one of `whole_fields`, each with an index, shows the
    rows that have it and no others.
    """

    whole_fields: tuple[str, ...] = ()
    paginator: type[Paginator[Any]] = EstimatingPaginator
    # It would count the whole table.
    show_full_result_count = False

    def also_found(self, word: str) -> Iterable[QuerySet[Any]]:
        """Return keys of rows in which a word is found otherwise than in a column."""
        return ()

    def also_found_whole(self, text: str) -> Iterable[QuerySet[Any]]:
        """Return keys of rows that have exactly this text otherwise than in a column."""
        return ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        columns = self.get_search_fields(request)
        if not columns:
            return queryset, False
        whole = matching_whole(queryset, search_term, *self.whole_fields, also=self.also_found_whole)
        return matching(queryset, search_term, *columns, also=self.also_found) if whole is None else whole, False
