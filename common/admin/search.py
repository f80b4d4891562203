"""Search in the administration's lists, and in the fields that look rows up."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import lookup_spawns_duplicates
from django.db.models import QuerySet
from django.http import HttpRequest

from common.admin.pages import Page
from common.search import matching


class FindsText(Page):
    """Admin whose search finds without accents and case in the columns called `search_text`.

    `search_fields` names columns as `common.search.matching` takes them, not with the prefixes of Django's own search.
    """

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        columns = self.get_search_fields(request)
        found = matching(queryset, search_term, *columns) if columns else queryset
        return found, any(lookup_spawns_duplicates(self.opts, column.lstrip("=")) for column in columns)
