"""One-time links in the admin: to whom, what for, used or not; never what opens them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import display

from accounts.models import AddressLink
from outbox.admin.readonly import ReadOnlyAdmin


@admin.register(AddressLink)
class AddressLinkAdmin(ReadOnlyAdmin):
    list_display = ("email", "purpose", "state", "created_at", "expires_at", "used_at")
    list_filter = ("purpose",)
    search_fields = ("email",)
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
        """The same on the link's own page, where there are no coloured labels."""
        return str(self.state(link)[1])
