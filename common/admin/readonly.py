"""Admin pages of rows that are only read, with buttons that ask a service to act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.functional import Promise

from common.admin.search import FindsText
from common.admin.titles import PlainTitles
from common.refusals import Refused


class ReadOnlyAdmin(FindsText, PlainTitles):
    """Admin of rows that only services write: nothing can be added, changed or deleted by hand."""

    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def row_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return the context of the templates around a row's fields, for a reader who may see the row."""
        return {}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Model | None = None, **options: Any
    ) -> HttpResponse:
        if obj is not None:
            context.update(self.row_context(request, obj))
        return super().render_change_form(request, context, *args, obj=obj, **options)

    def ask_service(
        self,
        request: HttpRequest,
        object_id: int,
        *,
        permission: str,
        service: Callable[[], Any],
        done: str | Promise | Callable[[Any], str],
    ) -> HttpResponse:
        """Answer a button: by POST only, with the permission only; tell the result on the row's page. `done` is a
        sentence, or makes one of the service's result."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not (self.has_view_permission(request) and request.user.has_perm(permission)):
            raise PermissionDenied
        try:
            result = service()
        except Refused as refusal:
            messages.error(request, str(refusal))
        except self.model.DoesNotExist as error:
            raise Http404 from error
        else:
            messages.success(request, str(done(result) if callable(done) else done))
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)
