"""Buttons on an entry's page, for further actions. The floors above register theirs here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.functional import Promise
from unfold.admin import ModelAdmin

from catalog.models.entries import Entry
from common.refusals import Refused
from common.registry import Registry


@dataclass(frozen=True)
class EntryTool:
    """A button on an entry's page and the page or action behind it.

    `name` makes the address (`…/<entry>/<name>/`) and its name, `admin:catalog_entry_<name>`. `permissions` are all
    needed, beside seeing entries. `is_action`: the button acts at once, by POST alone, instead of opening a page.
    """

    name: str
    label: str | Promise
    icon: str
    view: Callable[[ModelAdmin, HttpRequest, Entry], HttpResponse]
    permissions: tuple[str, ...]
    is_action: bool = False

    @property
    def url_name(self) -> str:
        return f"admin:catalog_entry_{self.name}"


ENTRY_PAGE = "admin:catalog_entry_change"

TOOLS: Registry[EntryTool] = Registry("tool of entries")


def register_entry_tool(tool: EntryTool) -> None:
    """Put a button on the page of every entry. Call while the modules of the admin are loaded."""
    TOOLS.register(tool.name, tool)


def tools_for(request: HttpRequest) -> list[EntryTool]:
    """List the buttons that the reader may press."""
    return [tool for tool in TOOLS if request.user.has_perms(tool.permissions)]


def tool_urls(model_admin: ModelAdmin) -> list[URLPattern]:
    wrap = model_admin.admin_site.admin_view
    return [
        path(f"<int:entry_id>/{tool.name}/", wrap(_guarded(tool, model_admin)), name=f"catalog_entry_{tool.name}")
        for tool in TOOLS
    ]


def _guarded(tool: EntryTool, model_admin: ModelAdmin) -> Callable[[HttpRequest, int], HttpResponse]:
    """Wrap the tool's view: 404 for missing entries, only for people with the tool's permissions, an action by POST
    alone.

    Refusals of services are told on the entry's page.
    """

    def view(request: HttpRequest, entry_id: int) -> HttpResponse:
        if tool.is_action and request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not (model_admin.has_view_permission(request) and request.user.has_perms(tool.permissions)):
            raise PermissionDenied
        entry = Entry.objects.filter(pk=entry_id).first()
        if entry is None:
            raise Http404
        try:
            return tool.view(model_admin, request, entry)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(ENTRY_PAGE, entry.pk)

    return view
