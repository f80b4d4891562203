"""Exports of the books in the administration: listed, asked for, and downloaded by those with the right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    StreamingHttpResponse,
)
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from accounts.people.models import User
from common.admin.display import NOTHING, Label, moment
from common.admin.filters import DayRangeFilter
from common.admin.readonly import ReadOnlyAdmin
from common.answers import keep_nowhere
from common.moments import local_day
from common.refusals import Refused, add_refusal
from common.sheets.answers import CONTENT_TYPES as SHEETS
from common.sheets.tables import SheetKind
from common.templatetags.money import grouped
from shop.books.forms import ExportForm
from shop.books.models import BookExport
from shop.books.services import ask_for_export, hand_out

MAKE = "shop.make_bookexport"
PAGE = "admin:shop_bookexport_change"
CONTENT_TYPES = {
    BookExport.Form.TXT: "text/plain; charset=iso-8859-15",
    BookExport.Form.CSV: SHEETS[SheetKind.CSV],
    BookExport.Form.XLSX: SHEETS[SheetKind.XLSX],
}


@admin.register(BookExport)
class BookExportAdmin(ReadOnlyAdmin):
    list_display = ("name", "period", "state", "rows_text", "asked", "asked_by_name")
    list_display_links = ("name",)
    list_filter = (("kind", ChoicesDropdownFilter), ("asked_at", DayRangeFilter))
    list_filter_submit = True
    list_fullwidth = True
    rows_named = gettext_lazy("exports of the books")
    when_empty = gettext_lazy("Make the first export for your accountant.")
    ordering = ("-id",)
    fields = readonly_fields = (
        "name", "period", "state", "basis_text", "rows_text", "left_out", "size", "file_name", "digest_text", "asked",
        "asked_by_name", "made",
    )  # fmt: skip
    list_before_template = "books/admin/tool.html"
    change_form_outer_after_template = "books/admin/file.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[BookExport]:
        return super().get_queryset(request).select_related("asked_by")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("make/", wrap(self.make), name="shop_bookexport_make"),
            path("<int:export_id>/download/", wrap(self.download), name="shop_bookexport_download"),
            *super().get_urls(),
        ]

    def row_context(self, request: HttpRequest, row: BookExport) -> dict[str, Any]:
        return {
            "may_download": request.user.has_perm(MAKE),
            "is_there": row.made_at is not None and (not row.size or row.pieces.exists()),
            "is_gone": row.made_at is not None and bool(row.size) and not row.pieces.exists(),
        }

    def make(self, request: HttpRequest) -> HttpResponse:
        """Ask for kind and period; posting it records the job that makes the file."""
        self._check(request)
        form = ExportForm(request.POST if request.method == "POST" else None, initial=_last_month())
        if form.is_valid():
            try:
                export = ask_for_export(**form.cleaned_data, actor=cast(User, request.user), now=timezone.now())
            except Refused as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("The export is being made. Load this page again in a moment."))
                return redirect(PAGE, export.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "title": _("Export for the accountant"),
        }
        return TemplateResponse(request, "books/admin/make.html", context)

    def download(self, request: HttpRequest, export_id: int) -> HttpResponseBase:
        """Answer with the file; POST only, since each download is noted in the security log."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self._check(request)
        actor = cast(User, request.user)
        try:
            export, pieces = hand_out(export_id=export_id, actor=actor, request=request, now=timezone.now())
        except BookExport.DoesNotExist as error:
            raise Http404 from error
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(PAGE, export_id)
        headers = {
            "Content-Disposition": f'attachment; filename="{export.file_name}"',
            "Content-Length": str(export.size),
        }
        content_type = CONTENT_TYPES[BookExport.Form(export.form)]
        return keep_nowhere(StreamingHttpResponse(pieces, content_type=content_type, headers=headers))

    def _check(self, request: HttpRequest) -> None:
        if not (self.has_view_permission(request) and request.user.has_perm(MAKE)):
            raise PermissionDenied

    @display(description=gettext_lazy("export"), ordering="kind")
    def name(self, export: BookExport) -> str:
        kind = str(capfirst(export.get_kind_display()))
        return kind if export.kind == BookExport.Kind.FEC else f"{kind}, {export.get_form_display()}"

    @display(description=gettext_lazy("period"), ordering="ends_on")
    def period(self, export: BookExport) -> str:
        return f"{date_format(export.starts_on)} – {date_format(export.ends_on)}"

    @display(description=gettext_lazy("state"))
    def state(self, export: BookExport) -> SafeString:
        if export.failed_at is not None:
            return Label(_("gave up"), "danger").html
        if export.made_at is None:
            return Label(_("being made"), "info").html
        if export.is_final:
            return Label(_("made, of a closed period"), "success").html
        return Label(_("made, provisional: the period is open"), "warning").html

    @display(description=gettext_lazy("VAT is due"))
    def basis_text(self, export: BookExport) -> str:
        return export.get_basis_display() if export.basis else NOTHING

    @display(description=gettext_lazy("rows"), ordering="rows")
    def rows_text(self, export: BookExport) -> str:
        return NOTHING if export.rows is None else grouped(export.rows)

    @display(description="SHA-256")
    def digest_text(self, export: BookExport) -> str:
        return bytes(export.digest).hex() if export.digest else NOTHING

    @display(description=gettext_lazy("asked for"), ordering="asked_at")
    def asked(self, export: BookExport) -> str:
        return moment(export.asked_at)

    @display(description=gettext_lazy("by"))
    def asked_by_name(self, export: BookExport) -> str:
        return export.asked_by.get_full_name() or str(export.asked_by)

    @display(description=gettext_lazy("made"))
    def made(self, export: BookExport) -> str:
        return moment(export.made_at)


def _last_month() -> dict[str, Any]:
    """Return the days of the month before this one, as the form proposes them."""
    last = local_day(timezone.now()).replace(day=1) - timedelta(days=1)
    return {"starts_on": last.replace(day=1).isoformat(), "ends_on": last.isoformat()}
