"""One-time links in the admin: recipient, purpose, used or not; never the token that opens them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from accounts.links.models import AddressLink
from common.admin.filters import DayRangeFilter
from common.admin.readonly import ReadOnlyAdmin


class StateFilter(DropdownFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [
            ("open", pgettext_lazy("state of a link", "open")),
            ("used", pgettext_lazy("state of a link", "used")),
            ("over", pgettext_lazy("state of a link", "expired")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AddressLink]) -> QuerySet[AddressLink]:
        now = timezone.now()
        match self.value():
            case "open":
                return queryset.filter(used_at__isnull=True, expires_at__gt=now)
            case "used":
                return queryset.filter(used_at__isnull=False)
            case "over":
                return queryset.filter(used_at__isnull=True, expires_at__lte=now)
        return queryset


@admin.register(AddressLink)
class AddressLinkAdmin(ReadOnlyAdmin):
    list_display = ("email", "purpose", "state", "created_at", "expires_at", "used_at")
    list_filter = (StateFilter, ("purpose", ChoicesDropdownFilter), ("created_at", DayRangeFilter))
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ("email",)
    whole_fields = ("email",)
    search_help_text = _("Address")
    ordering = ("-created_at", "-pk")
    fields = readonly_fields = (
        "purpose", "email", "user", "account", "order_id", "language", "state_text",
        "created_at", "expires_at", "used_at",
    )  # fmt: skip

    @display(description=_("state"), label={"open": "info", "used": "success", "over": "warning"})
    def state(self, link: AddressLink) -> tuple[str, Any]:
        if link.used_at:
            return "used", pgettext_lazy("state of a link", "used")
        if link.expires_at <= timezone.now():
            return "over", pgettext_lazy("state of a link", "expired")
        return "open", pgettext_lazy("state of a link", "open")

    @display(description=_("state"))
    def state_text(self, link: AddressLink) -> str:
        """Return the state as plain text for the link's own page, which draws no coloured labels."""
        return str(self.state(link)[1])
