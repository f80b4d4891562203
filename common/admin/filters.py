"""Filters of the administration's lists that every floor shares."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter

from common.moments import day_ends, day_starts


class DayRangeFilter(RangeDateFilter):
    """Range filter from one day to another of a moment, both whole days of the shop's zone.

    Repairs unfold 0.91, whose filter ends at the first minute of the last day and reads days in American order only.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = self._day("from"), self._day("to")
        if first is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": day_starts(first)})
        if last is not None and last < date.max:
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": day_ends(last)})
        return queryset

    def _day(self, end: str) -> date | None:
        """Read the typed day, written in the reader's way or as ISO 8601; None for nothing and for any other text."""
        typed = self.used_parameters.get(f"{self.parameter_name}_{end}")
        try:
            return forms.DateField(required=False).to_python(typed)
        except ValidationError:
            return None


class AttentionFilter(DropdownFilter):
    """Filter of a list to the rows that need somebody's attention, those of `needing_attention`."""

    title = gettext_lazy("to do")
    parameter_name = "todo"
    ATTENTION = "attention"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [(self.ATTENTION, gettext_lazy("needs attention"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != self.ATTENTION:
            return queryset
        return queryset.filter(pk__in=self.needing_attention().values("pk"))

    def needing_attention(self) -> QuerySet[Any]:
        """Return the rows that need attention."""
        raise NotImplementedError
