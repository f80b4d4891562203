"""Transfer files in the administration: looked at, downloaded, noted as given to the bank, or discarded."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.decorators import display

from accounts.people.models import User
from common.admin.display import NOTHING, Column, Label, Table, admin_link, amount, columns, moment
from common.admin.readonly import ReadOnlyAdmin
from common.answers import keep_nowhere
from common.refusals import Refused
from shop.payments.refunds.models import Refund
from shop.payments.transfers_back.models import TransferFile
from shop.payments.transfers_back.refund_admin import SEND
from shop.payments.transfers_back.sepa import end_to_end_of
from shop.payments.transfers_back.services import content_of, discard_file, mark_sent, refunds_of

PAGE = "admin:shop_transferfile_change"


@admin.register(TransferFile)
class TransferFileAdmin(ReadOnlyAdmin):
    list_display = ("made", "state", "execute_on", "made_by")
    list_display_links = ("made",)
    rows_named = gettext_lazy("transfer files")
    list_select_related = ("made_by", "sent_by")
    ordering = ("-id",)
    fields = readonly_fields = ("state", "made", "made_by", "execute_on", "sent", "sent_by", "message_id")
    change_form_outer_after_template = "transfers_back/admin/file.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:file_id>/download/", wrap(self.download), name="shop_transferfile_download"),
            path("<int:file_id>/sent/", wrap(self.mark_sent), name="shop_transferfile_sent"),
            path("<int:file_id>/discard/", wrap(self.discard), name="shop_transferfile_discard"),
            *super().get_urls(),
        ]

    def row_context(self, request: HttpRequest, row: TransferFile) -> dict[str, Any]:
        refunds = refunds_of(row)
        return {
            "transfers": _transfers(refunds, cast(User, request.user)),
            "is_open": row.is_open,
            "may_send": request.user.has_perm(SEND) and row.discarded_at is None,
            "is_blank": any(refund.payee is None or refund.payee.is_blank for refund in refunds),
        }

    def download(self, request: HttpRequest, file_id: int) -> HttpResponse:
        """Answer with the file; POST only, since it holds whole IBANs."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not (self.has_view_permission(request) and request.user.has_perm(SEND)):
            raise PermissionDenied
        file = TransferFile.objects.filter(pk=file_id).first()
        if file is None:
            raise Http404
        try:
            content = content_of(file)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(PAGE, file.pk)
        name = f"transfers-{file.execute_on.isoformat()}-{file.pk}.xml"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return keep_nowhere(HttpResponse(content, content_type="application/xml", headers=headers))

    def mark_sent(self, request: HttpRequest, file_id: int) -> HttpResponse:
        actor = cast(User, request.user)
        return self.ask_service(
            request,
            file_id,
            permission=SEND,
            service=lambda: mark_sent(file_id=file_id, actor=actor, now=timezone.now()),
            done=lambda count: (
                ngettext("%(n)d transfer is under way.", "%(n)d transfers are under way.", count) % {"n": count}
            ),
        )

    def discard(self, request: HttpRequest, file_id: int) -> HttpResponse:
        return self.ask_service(
            request,
            file_id,
            permission=SEND,
            service=lambda: discard_file(file_id=file_id, now=timezone.now()),
            done=_("The file is discarded. Its refunds wait for a transfer again: never give it to the bank."),
        )

    @display(description=pgettext_lazy("transfer file", "made"), ordering="made_at")
    def made(self, file: TransferFile) -> str:
        return moment(file.made_at)

    @display(description=gettext_lazy("given to the bank"), ordering="sent_at")
    def sent(self, file: TransferFile) -> str:
        return moment(file.sent_at) if file.sent_at else NOTHING

    @display(description=gettext_lazy("state"))
    def state(self, file: TransferFile) -> SafeString:
        if file.discarded_at is not None:
            return Label(_("discarded"), "default").html
        if file.sent_at is not None:
            return Label(_("given to the bank"), "success").html
        return Label(_("to be given to the bank"), "warning").html


def _transfers(refunds: Any, viewer: User) -> Table:
    rows: list[list[object]] = [
        [
            admin_link(viewer, Refund, refund.pk, refund),
            refund.order.number if refund.order else NOTHING,
            refund.payee.holder or NOTHING,
            refund.payee.masked,
            end_to_end_of(refund),
            amount(refund.amount, refund.currency),
        ]
        for refund in refunds
    ]
    headings = columns(
        _("Refund"), _("Order"), _("Account holder"), _("IBAN"), _("Reference"), Column(_("Amount"), is_amount=True)
    )
    if refunds:
        total = sum(refund.amount for refund in refunds)
        rows.append([_("Total"), "", "", "", "", amount(total, refunds[0].currency)])
    return Table(headings, rows, empty=_("This file holds no transfer any more."))
