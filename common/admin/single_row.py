"""Admin pages of settings in a single row: the list leads to its form, and there is none to add or delete."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from common.admin.refusals import TellsRefusals

THE_ROW = "1"


class SingleRowAdmin(TellsRefusals):
    """Admin of a model whose one row has the key 1. A row that is not stored yet is shown as it would begin."""

    warn_unsaved_form = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row; one not yet saved, if there is none."""
        stored = super().get_object(request, object_id, from_field)
        return stored or (self.model(pk=int(THE_ROW)) if object_id == THE_ROW else None)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", THE_ROW)
