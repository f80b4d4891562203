"""Refunds in the admin, read only: all that were asked for, those under way and those that failed."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.urls import URLPattern
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from common.admin.display import NOTHING, amount, choice_label, link
from common.admin.filters import AttentionFilter, DayRangeFilter
from shop.payments.refunds.models import Refund
from shop.payments.refunds.problems import problem_in_words
from shop.payments.refunds.selectors import way_of
from shop.payments.transfers_back.refund_admin import TransferButtons

REFUND_COLOURS = {
    Refund.State.ASKED: "info",
    Refund.State.PENDING: "info",
    Refund.State.DONE: "success",
    Refund.State.FAILED: "danger",
}


class RefundTodoFilter(AttentionFilter):
    """Filter of refunds that failed and whose order still owes money, and of those that have hung for days."""

    def needing_attention(self) -> QuerySet[Refund]:
        return Refund.objects.needing_attention()


@admin.register(Refund)
class RefundAdmin(TransferButtons):
    list_display = ("__str__", "order_link", "money", "by", "state_label", "asked_at", "done_at", "failed_at")
    list_filter = (
        RefundTodoFilter,
        ("state", ChoicesDropdownFilter),
        ("way", ChoicesDropdownFilter),
        ("asked_at", DayRangeFilter),
    )
    list_filter_submit = True
    list_fullwidth = True
    list_select_related = ("order", "payment", "payee", "file")
    search_fields = ("order__number", "=amount")
    whole_fields = ("reference",)
    search_help_text = _("Order number, amount or reference")
    ordering = ("-id",)
    fields = (
        "order_link", "money", "by", "payee", "file_link", "payment_link", "state_label", "problem_text", "reference",
        "key", "asked_at", "asked_by", "done_at", "failed_at", "times_asked",
    )  # fmt: skip
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        return [*self.transfer_urls(), *super().get_urls()]

    @display(description=_("reason of failure"))
    def problem_text(self, refund: Refund) -> str:
        return problem_in_words(refund.problem) or NOTHING

    @display(description=_("transfer file"))
    def file_link(self, refund: Refund) -> SafeString | str:
        return link("shop_transferfile", refund.file_id, refund.file) if refund.file else NOTHING

    @display(description=_("order"), ordering="order")
    def order_link(self, refund: Refund) -> SafeString | str:
        return link("shop_order", refund.order_id, refund.order)

    @display(description=_("payment"))
    def payment_link(self, refund: Refund) -> SafeString | str:
        return link("shop_payment", refund.payment_id, refund.payment) if refund.payment else NOTHING

    @display(description=_("amount"), ordering="amount")
    def money(self, refund: Refund) -> str:
        return amount(refund.amount, refund.currency)

    @display(description=pgettext_lazy("refund", "way"), ordering="way")
    def by(self, refund: Refund) -> str:
        return way_of(refund)

    @display(description=_("state"), ordering="state")
    def state_label(self, refund: Refund) -> SafeString:
        return choice_label(refund, "state", REFUND_COLOURS)
