"""Payments begun at providers in the admin, read only: which wait for an answer, and which were given up."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from common.admin.display import amount, choice_label, link
from common.admin.filters import AttentionFilter, DayRangeFilter
from common.admin.readonly import ReadOnlyAdmin
from shop.payments.admin import ProviderFilter
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.registry import method_label

ATTEMPT_COLOURS = {
    PaymentAttempt.State.BEGUN: "warning",
    PaymentAttempt.State.STARTED: "info",
    PaymentAttempt.State.ENDED: "default",
    PaymentAttempt.State.GIVEN_UP: "danger",
}


class AttemptTodoFilter(AttentionFilter):
    """Filter of attempts that were given up or hang: nobody knows whether money moved."""

    def needing_attention(self) -> QuerySet[PaymentAttempt]:
        return PaymentAttempt.objects.needing_attention()


@admin.register(PaymentAttempt)
class PaymentAttemptAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "order_link", "money", "state_label", "begun_at", "ask_again_at", "problem")
    list_filter = (
        AttemptTodoFilter,
        ("state", ChoicesDropdownFilter),
        ProviderFilter,
        ("begun_at", DayRangeFilter),
    )
    list_filter_submit = True
    list_fullwidth = True
    list_select_related = ("order",)
    search_fields = ("order__number", "=amount")
    whole_fields = ("reference",)
    search_help_text = _("Order number, amount or reference")
    ordering = ("-id",)
    fields = (
        "order_link", "money", "by", "state_label", "problem", "reference", "key", "begun_at", "times_asked",
        "ask_again_at",
    )  # fmt: skip
    readonly_fields = fields

    @display(description=_("order"), ordering="order")
    def order_link(self, attempt: PaymentAttempt) -> SafeString | str:
        return link("shop_order", attempt.order_id, attempt.order)

    @display(description=_("amount"), ordering="amount")
    def money(self, attempt: PaymentAttempt) -> str:
        return amount(attempt.amount, attempt.currency)

    @display(description=_("payment method"), ordering="provider")
    def by(self, attempt: PaymentAttempt) -> str:
        return method_label(attempt.provider)

    @display(description=_("state"), ordering="state")
    def state_label(self, attempt: PaymentAttempt) -> SafeString:
        return choice_label(attempt, "state", ATTEMPT_COLOURS)
