"""Money in the admin: payments, and what providers and merchants said about them. Read only."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RangeDateFilter
from unfold.decorators import display

from outbox.admin.readonly import ReadOnlyAdmin
from shop.admin.display import NOTHING, OUTCOME_COLOURS, PAYMENT_COLOURS, amount, choice_label, link, method_label
from shop.models import Payment, PaymentEvent
from shop.providers.registry import providers


class ProviderFilter(DropdownFilter):
    title = gettext_lazy("payment method")
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [(name, provider.label) for name, provider in providers().items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(provider=self.value()) if self.value() else queryset


class AttentionFilter(DropdownFilter):
    """Money that paid nothing: it differs, came twice or too late, or belongs to no order."""

    title = gettext_lazy("to do")
    parameter_name = "todo"
    ATTENTION = "attention"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [(self.ATTENTION, gettext_lazy("needs attention"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != self.ATTENTION:
            return queryset
        return self.needing_attention(queryset)

    def needing_attention(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(outcome__in=PaymentEvent.NEEDS_ATTENTION)


class PaymentAttentionFilter(AttentionFilter):
    def needing_attention(self, queryset: QuerySet[Payment]) -> QuerySet[Payment]:
        events = PaymentEvent.objects.filter(payment=OuterRef("pk"), outcome__in=PaymentEvent.NEEDS_ATTENTION)
        return queryset.filter(Exists(events))


class MoneyAdmin(ReadOnlyAdmin):
    """What both lists share."""

    list_fullwidth = True
    list_filter_submit = True
    ordering = ("-id",)

    @display(description=gettext_lazy("payment method"), ordering="provider")
    def method_name(self, row: Payment | PaymentEvent) -> str:
        return method_label(row.provider)

    @display(description=gettext_lazy("amount"), ordering="amount")
    def money(self, row: Payment | PaymentEvent) -> str:
        return amount(row.amount, row.currency)

    @display(description=gettext_lazy("order"), ordering="order")
    def order_link(self, row: Payment | PaymentEvent) -> SafeString | str:
        return link("admin:shop_order_change", row.order_id, row.order) if row.order else NOTHING


@admin.register(Payment)
class PaymentAdmin(MoneyAdmin):
    list_display = ("reference", "order_link", "money", "method_name", "state_label", "effect", "created_at")
    list_filter = (
        PaymentAttentionFilter,
        ("status", ChoicesDropdownFilter),
        ProviderFilter,
        ("created_at", RangeDateFilter),
    )
    list_select_related = ("order", "settlement")
    search_fields = ("reference", "order__number")
    search_help_text = gettext_lazy("Reference or order number")
    fields = (
        "reference", "order_link", "money", "method_name", "state_label", "effect", "created_at", "events_link",
    )  # fmt: skip
    readonly_fields = fields

    @display(description=gettext_lazy("state"), ordering="status")
    def state_label(self, payment: Payment) -> SafeString:
        return choice_label(payment, "status", PAYMENT_COLOURS)

    @display(description=gettext_lazy("effect"))
    def effect(self, payment: Payment) -> str:
        return _("paid its order") if hasattr(payment, "settlement") else NOTHING

    @display(description=gettext_lazy("what was said about it"))
    def events_link(self, payment: Payment) -> SafeString:
        url = reverse("admin:shop_paymentevent_changelist", query={"payment__id__exact": payment.pk})
        return format_html('<a href="{}" class="amphi-link">{}</a>', url, _("Payment events"))


@admin.register(PaymentEvent)
class PaymentEventAdmin(MoneyAdmin):
    list_display = ("received_at", "order_link", "money", "method_name", "kind", "outcome_label", "actor", "event_id")
    list_filter = (
        AttentionFilter,
        ("outcome", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ProviderFilter,
        ("received_at", RangeDateFilter),
    )
    list_select_related = ("order", "actor")
    search_fields = ("event_id", "order__number", "payment__reference")
    search_help_text = gettext_lazy("Event, reference or order number")
    fields = (
        "event_id", "received_at", "outcome_label", "advice", "order_link", "payment_link", "money", "method_name",
        "kind", "actor", "payload_text",
    )  # fmt: skip
    readonly_fields = fields

    @display(description=gettext_lazy("outcome"), ordering="outcome")
    def outcome_label(self, event: PaymentEvent) -> SafeString:
        return choice_label(event, "outcome", OUTCOME_COLOURS)

    @display(description=gettext_lazy("what to do"))
    def advice(self, event: PaymentEvent) -> str:
        return _ADVICE[event.outcome]() if event.outcome in _ADVICE else _("Nothing: all is well.")

    @display(description=gettext_lazy("payment"))
    def payment_link(self, event: PaymentEvent) -> SafeString | str:
        return link("admin:shop_payment_change", event.payment_id, event.payment) if event.payment else NOTHING

    @display(description=gettext_lazy("as it was told"))
    def payload_text(self, event: PaymentEvent) -> SafeString:
        written = json.dumps(event.payload, ensure_ascii=False, indent=2)
        return format_html('<pre class="amphi-code">{}</pre>', written)


_ADVICE: dict[str, Callable[[], str]] = {
    PaymentEvent.Outcome.MISMATCH: lambda: _(
        "Amount or currency is not the order’s, so nothing was delivered for it. Ask the customer for the rest, or "
        "give the money back."
    ),
    PaymentEvent.Outcome.SECOND_CHARGE: lambda: _(
        "The order was paid already. Give the money back, or agree with the customer what it is for."
    ),
    PaymentEvent.Outcome.LATE: lambda: _(
        "The order had ended, and its places could not all be had again. Give the money back, or agree with the "
        "customer on something else."
    ),
    PaymentEvent.Outcome.UNKNOWN_ORDER: lambda: _(
        "No order has the number that came with the money. Find out who paid, and for what."
    ),
}
