"""Preview of an entry: its page as customers will see it once it is on sale."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from catalog.admin.tools import EntryTool, register_entry_tool
from catalog.models.entries import Entry
from shop.pages.views import entry_preview


def preview(model_admin: ModelAdmin, request: HttpRequest, entry: Entry) -> HttpResponse:
    """Show the page, without a way to buy."""
    return entry_preview(request, entry, now=timezone.now())


register_entry_tool(
    EntryTool(
        name="preview",
        label=_("Preview"),
        icon="visibility",
        view=preview,
        permissions=("catalog.view_entry",),
    )
)
