"""Filter of the list of payment methods."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from shop.payments.configured.findings import findings
from shop.payments.configured.models import ProviderSettings


class InVainFilter(DropdownFilter):
    """Filter of methods that are offered and cannot be used."""

    title = _("to do")
    parameter_name = "todo"
    ATTENTION = "attention"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [(self.ATTENTION, _("needs attention"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ProviderSettings]) -> QuerySet[ProviderSettings]:
        if self.value() != self.ATTENTION:
            return queryset
        return queryset.filter(name__in=[each.provider.name for each in findings()])
