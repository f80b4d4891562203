"""Bank statements in the administration: sent, looked at and imported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from accounts.people.models import User
from common.admin.display import NOTHING, Column, Table, amount, anchor, columns, moment
from common.admin.readonly import ReadOnlyAdmin
from common.refusals import Refused
from shop.payments.statements import line_admin  # noqa: F401  # registers the lines
from shop.payments.statements.forms import ColumnsForm, UploadForm
from shop.payments.statements.kept_files import FileNotRead, file_of
from shop.payments.statements.line_admin import IMPORT
from shop.payments.statements.models import BankStatement
from shop.payments.statements.services import (
    ColumnsMissing,
    Preview,
    columns_of,
    discard_file,
    import_file,
    keep_file,
    look,
    say_columns,
)
from shop.payments.statements.tables import rows_of

PAGE = "admin:shop_bankstatement_change"


@admin.register(BankStatement)
class BankStatementAdmin(ReadOnlyAdmin):
    list_display = ("name", "state", "new_lines", "known_lines", "balance", "sent")
    list_display_links = ("name",)
    list_fullwidth = True
    rows_named = gettext_lazy("bank statements")
    when_empty = gettext_lazy("Download a statement from your bank (CAMT.053, or a table), and import it here.")
    ordering = ("-id",)
    fields = readonly_fields = (
        "name", "file_format", "state", "new_lines", "known_lines", "balance", "lines_link", "sent", "sent_by_name",
    )  # fmt: skip
    list_before_template = "statements/admin/tool.html"
    change_form_outer_after_template = "statements/admin/preview.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[BankStatement]:
        return super().get_queryset(request).defer("content").select_related("sent_by")

    def get_fields(self, request: HttpRequest, obj: BankStatement | None = None) -> Sequence[str]:
        """Return what there is to say: of a file that is not imported yet, nothing of its lines, which follow below."""
        if obj is not None and obj.imported_at is None:
            return ("file_format", "state", "sent", "sent_by_name")
        return self.fields

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("send/", wrap(self.send), name="shop_bankstatement_send"),
            path("<int:statement_id>/columns/", wrap(self.say_columns), name="shop_bankstatement_columns"),
            path("<int:statement_id>/import/", wrap(self.bring_in), name="shop_bankstatement_import"),
            path("<int:statement_id>/discard/", wrap(self.discard), name="shop_bankstatement_discard"),
            *super().get_urls(),
        ]

    def row_context(self, request: HttpRequest, row: BankStatement) -> dict[str, Any]:
        if row.imported_at is not None:
            return {}
        context: dict[str, Any] = {"waits": True, "may_import": request.user.has_perm(IMPORT)}
        try:
            if row.file_format == BankStatement.Format.TABLE:
                context["columns_form"] = self._columns_form(row)
            seen = look(row)
        except ColumnsMissing:
            return context
        except Refused as refusal:
            return context | {"fault": str(refusal)}
        return context | {"seen": seen, "first_lines": _first_lines(seen), "told_balances": _balances(seen)}

    def send(self, request: HttpRequest) -> HttpResponse:
        """Ask for a file; posting it shows what is in it."""
        self._check(request)
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                kept = keep_file(
                    content=form.cleaned_data["file"].read(),
                    account=form.cleaned_data["account"],
                    actor=cast(User, request.user),
                    now=timezone.now(),
                )
            except Refused as refusal:
                form.add_error("file", str(refusal))
            else:
                return redirect(PAGE, kept.pk)
        return self._page(request, "statements/admin/send.html", form, _("Import a bank statement"))

    def say_columns(self, request: HttpRequest, statement_id: int) -> HttpResponse:
        """Remember the columns that were posted; shown again with what is missing."""
        self._check(request)
        statement = BankStatement.objects.filter(pk=statement_id, imported_at__isnull=True).first()
        if statement is None or statement.file_format != BankStatement.Format.TABLE:
            raise Http404
        try:
            form = self._columns_form(statement, request.POST if request.method == "POST" else None)
        except FileNotRead as refusal:
            messages.error(request, str(refusal))
            return redirect(PAGE, statement.pk)
        if request.method == "POST" and form.is_valid():
            say_columns(statement=statement, columns=form.columns)
            return redirect(PAGE, statement.pk)
        return self._page(request, "statements/admin/columns.html", form, _("Columns of the bank"), statement=statement)

    def bring_in(self, request: HttpRequest, statement_id: int) -> HttpResponse:
        return self.ask_service(
            request,
            statement_id,
            permission=IMPORT,
            service=lambda: import_file(statement_id=statement_id, now=timezone.now()),
            done=_("The statement is imported."),
        )

    def discard(self, request: HttpRequest, statement_id: int) -> HttpResponse:
        answer = self.ask_service(
            request,
            statement_id,
            permission=IMPORT,
            service=lambda: discard_file(statement_id=statement_id),
            done=_("The file is discarded."),
        )
        is_gone = not BankStatement.objects.filter(pk=statement_id).exists()
        return redirect("admin:shop_bankstatement_changelist") if is_gone and answer.status_code == 302 else answer

    def _columns_form(self, statement: BankStatement, typed: Any = None) -> ColumnsForm:
        rows = rows_of(file_of(statement))
        return ColumnsForm(typed, headings=rows[0], columns=columns_of(statement))

    def _check(self, request: HttpRequest) -> None:
        if not (self.has_view_permission(request) and request.user.has_perm(IMPORT)):
            raise PermissionDenied

    def _page(self, request: HttpRequest, template: str, form: forms.Form, title: str, **more: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form, "title": title, **more}
        return TemplateResponse(request, template, context)

    @display(description=gettext_lazy("bank statement"), ordering="id")
    def name(self, statement: BankStatement) -> str:
        days = [date_format(day) for day in (statement.starts_on, statement.ends_on) if day]
        return " ".join([statement.account or statement.get_file_format_display(), " – ".join(dict.fromkeys(days))])

    @display(description=gettext_lazy("state"), ordering="imported_at")
    def state(self, statement: BankStatement) -> str:
        return _("imported") if statement.imported_at else _("not imported yet")

    @display(description=gettext_lazy("balance"))
    def balance(self, statement: BankStatement) -> str:
        return "\n".join(filter(None, map(_balance_in_words, statement.balances))) or NOTHING

    @display(description=gettext_lazy("sent"), ordering="sent_at")
    def sent(self, statement: BankStatement) -> str:
        return moment(statement.sent_at)

    @display(description=gettext_lazy("sent by"))
    def sent_by_name(self, statement: BankStatement) -> str:
        return statement.sent_by.get_full_name()

    @display(description=gettext_lazy("lines"))
    def lines_link(self, statement: BankStatement) -> SafeString | str:
        if statement.imported_at is None:
            return NOTHING
        url = reverse("admin:shop_statementline_changelist", query={"statement__id__exact": statement.pk})
        return anchor(url, _("Lines of this statement"))


def _balance_in_words(balance: dict[str, Any]) -> str:
    if balance["difference"] is None:
        return ""
    if not float(balance["difference"]):
        return _("right: opening balance and lines make the closing one")
    return _("%(amount)s missing between the lines and the closing balance") % {
        "amount": amount(forms.DecimalField().to_python(balance["difference"]), balance["currency"] or "EUR")
    }


def _balances(seen: Preview) -> list[str]:
    told = []
    for balance in seen.balances:
        difference = balance.difference
        said = {"difference": None if difference is None else str(difference), "currency": balance.currency}
        told.append(_balance_in_words(said))
    return [each for each in told if each]


def _first_lines(seen: Preview) -> Table:
    rows: list[list[object]] = [
        [date_format(line.booked_on), line.name or NOTHING, line.text or NOTHING, amount(line.amount, line.currency)]
        for line in seen.lines
    ]
    return Table(columns(_("Day"), _("Name"), _("Text"), Column(_("Amount"), is_amount=True)), rows)
