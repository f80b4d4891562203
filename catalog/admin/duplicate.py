"""The button that copies an entry."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from catalog.admin.tools import ENTRY_PAGE, EntryTool, register_entry_tool
from catalog.models.entries import Entry
from catalog.services.duplicate import duplicate_entry


def duplicate(model_admin: ModelAdmin, request: HttpRequest, entry: Entry) -> HttpResponse:
    """Make the copy and open it for editing."""
    draft = duplicate_entry(entry_id=entry.pk, now=timezone.now())
    model_admin.log_addition(request, draft, [{"added": {}}])
    messages.success(
        request,
        _(
            "This is a draft copied from %(source)s, with the code %(code)s. Change what is different, then put it "
            "on sale."
        )
        % {"source": entry.code, "code": draft.code},
    )
    return redirect(ENTRY_PAGE, draft.pk)


register_entry_tool(
    EntryTool(
        name="duplicate",
        label=gettext_lazy("Duplicate"),
        icon="content_copy",
        view=duplicate,
        permissions=("catalog.add_entry", "catalog.change_entry"),
        is_action=True,
    )
)
