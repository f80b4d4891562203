"""Broken extensions in the admin: those that could not be loaded, and the hooks that broke, with file and line."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from common.admin.readonly import ReadOnlyAdmin
from handlers import registry
from handlers.models import BrokenHook


@admin.register(BrokenHook)
class BrokenHookAdmin(ReadOnlyAdmin):
    """Faults by place. Deleting a row says that the fault is mended; it comes back if it is not."""

    list_display = ("handler", "hook", "place", "what", "times", "last_seen_at")
    list_display_links = ("handler", "hook")
    list_fullwidth = True
    search_fields = ("handler", "hook", "detail")
    search_help_text = _("Extension, hook or error")
    fields = ("handler", "hook", "file", "line", "what", "times", "first_seen_at", "last_seen_at")
    readonly_fields = fields
    list_before_template = "handlers/admin/not_loaded.html"

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("handlers.delete_brokenhook")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"not_loaded": registry.problems(), **(extra_context or {})})

    @display(description=_("place"))
    def place(self, broken: BrokenHook) -> str:
        return f"{broken.file}:{broken.line}"

    @display(description=_("fault"))
    def what(self, broken: BrokenHook) -> str:
        return str(broken.fault.what)
