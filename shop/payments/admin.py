"""Payments in the admin: payments and payment events, read only, except for the mark that one is resolved."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from accounts.people.models import User
from common.admin.display import NOTHING, Label, amount, anchor, choice_label, link, moment, two_lines
from common.admin.filters import DayRangeFilter
from common.admin.readonly import ReadOnlyAdmin
from shop.payments.attention import mark_open_again, mark_resolved
from shop.payments.charge_backs.by_hand_admin import NotesChargeBacks
from shop.payments.models import MoneyHandling, Payment, PaymentEvent
from shop.payments.pieces import pieces_of, sum_in_words
from shop.payments.refunds.unallocated_admin import SendsUnallocatedBack
from shop.payments.registry import in_use, method_label
from shop.payments.requests.using import apply_money, keep_as_credit

DEAL = "shop.deal_with_money"

PAYMENT_COLOURS = {
    Payment.Status.PENDING: "info",
    Payment.Status.SUCCEEDED: "success",
    Payment.Status.DECLINED: "danger",
}
OUTCOME_COLOURS = {
    PaymentEvent.Outcome.SETTLED: "success",
    PaymentEvent.Outcome.ALLOCATED: "success",
    PaymentEvent.Outcome.KNOWN: "default",
    PaymentEvent.Outcome.DECLINED: "default",
    PaymentEvent.Outcome.MISMATCH: "danger",
    PaymentEvent.Outcome.SECOND_CHARGE: "danger",
    PaymentEvent.Outcome.LATE: "danger",
    PaymentEvent.Outcome.RELEASED: "danger",
    PaymentEvent.Outcome.UNKNOWN_ORDER: "danger",
    PaymentEvent.Outcome.RECORDED: "warning",
    PaymentEvent.Outcome.UNKNOWN_PAYMENT: "danger",
}


class ProviderFilter(DropdownFilter):
    title = gettext_lazy("payment method")
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [(provider.name, method_label(provider.name)) for provider in in_use()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(provider=self.value()) if self.value() else queryset


class AttentionFilter(DropdownFilter):
    """Filter of unallocated payments (another amount, second, late or of no known order), refunds and disputes."""

    title = gettext_lazy("to do")
    parameter_name = "todo"
    ATTENTION, RESOLVED = "attention", "resolved"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [
            (self.ATTENTION, gettext_lazy("needs attention")),
            (self.RESOLVED, gettext_lazy("resolved")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case self.ATTENTION:
                return self.with_events(queryset, PaymentEvent.objects.needing_attention())
            case self.RESOLVED:
                return self.with_events(queryset, PaymentEvent.objects.resolved())
        return queryset

    def with_events(self, queryset: QuerySet[Any], events: QuerySet[PaymentEvent]) -> QuerySet[Any]:
        return queryset.filter(pk__in=events.values("pk"))


class PaymentAttentionFilter(AttentionFilter):
    def with_events(self, queryset: QuerySet[Payment], events: QuerySet[PaymentEvent]) -> QuerySet[Payment]:
        return queryset.filter(Exists(events.filter(payment=OuterRef("pk"))))


class MoneyAdmin(ReadOnlyAdmin):
    """Common parts of both lists."""

    list_fullwidth = True
    list_filter_submit = True
    ordering = ("-id",)

    @display(description=gettext_lazy("payment method"), ordering="provider")
    def method_name(self, row: Payment | PaymentEvent) -> str:
        return method_label(row.provider)

    @display(description=gettext_lazy("amount"), ordering="amount")
    def money(self, row: Payment | PaymentEvent) -> str:
        return amount(row.amount, row.currency)

    @display(description=gettext_lazy("unallocated payments for the order"))
    def pieces(self, row: Payment | PaymentEvent) -> str:
        """Return number and sum of the payments that did not pay the order, beside its total."""
        return sum_in_words(pieces_of(row.order)) or NOTHING if row.order else NOTHING

    @display(description=gettext_lazy("order"), ordering="order")
    def order_link(self, row: Payment | PaymentEvent) -> SafeString | str:
        return link("shop_order", row.order_id, row.order)


@admin.register(Payment)
class PaymentAdmin(NotesChargeBacks, MoneyAdmin):
    list_display = ("reference", "order_link", "money", "method_name", "state_label", "effect", "created_at")
    list_filter = (
        PaymentAttentionFilter,
        ("status", ChoicesDropdownFilter),
        ProviderFilter,
        ("created_at", DayRangeFilter),
    )
    list_select_related = ("order", "settlement")
    search_fields = ("reference", "order__search_text", "=amount")
    whole_fields = ("reference", "order__number")
    search_help_text = gettext_lazy("Reference, amount, order number or customer")
    fields = (
        "reference", "order_link", "money", "pieces", "method_name", "state_label", "effect", "created_at",
        "events_link",
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
        return anchor(url, _("Payment events"))


@admin.register(PaymentEvent)
class PaymentEventAdmin(SendsUnallocatedBack, MoneyAdmin):
    list_display = (
        "received_on", "order_link", "money", "method_name", "kind", "outcome_label", "attention", "told_by",
    )  # fmt: skip
    list_filter = (
        AttentionFilter,
        ("outcome", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ProviderFilter,
        ("received_at", DayRangeFilter),
    )
    list_select_related = ("order", "actor")
    search_fields = ("event_id", "order__search_text", "payment__reference", "=amount")
    whole_fields = ("event_id", "order__number", "payment__reference")
    linked_lookups = ("payment__id__exact",)
    search_help_text = gettext_lazy("Event, reference, amount, order number or customer")
    fields = (
        "event_id", "received_at", "outcome_label", "advice", "order_link", "payment_link", "money", "pieces",
        "method_name", "kind", "told_by", "payload_text",
    )  # fmt: skip
    readonly_fields = fields
    change_form_outer_before_template = "payments/admin/money_tools.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[PaymentEvent]:
        standing = MoneyHandling.objects.filter(undone_at__isnull=True).select_related("handled_by")
        return super().get_queryset(request).prefetch_related(Prefetch("handlings", standing, to_attr="standing"))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:event_id>/resolve/", wrap(self.resolve), name="shop_paymentevent_resolve"),
            path("<int:event_id>/apply/", wrap(self.apply), name="shop_paymentevent_apply"),
            path("<int:event_id>/credit/", wrap(self.credit), name="shop_paymentevent_credit"),
            self.send_back_url(),
            path("<int:event_id>/reopen/", wrap(self.reopen), name="shop_paymentevent_reopen"),
            *super().get_urls(),
        ]

    def row_context(self, request: HttpRequest, row: PaymentEvent) -> dict[str, Any]:
        handling = _handling(row)
        return {
            "handling": handling,
            "handling_refunds": list(handling.refunds.order_by("pk")) if handling else [],
            "is_unallocated": row.outcome in PaymentEvent.UNALLOCATED,
            "is_open": row.outcome in PaymentEvent.NEEDS_ATTENTION and handling is None,
            "may_deal": request.user.has_perm(DEAL),
            "way_back": self.way_back_for(request, row) if handling is None else None,
            "note_length": MoneyHandling.NOTE_LENGTH,
        }

    def apply(self, request: HttpRequest, event_id: int) -> HttpResponse:
        """Give unallocated money to an order."""
        number = request.POST.get("order", "").replace("\0", "")
        return self.ask_service(
            request,
            event_id,
            permission=DEAL,
            service=lambda: apply_money(
                event_id=event_id,
                order_number=number,
                reason=_note_of(request),
                actor=cast(User, request.user),
                now=timezone.now(),
            ),
            done=_("The money is given to order %(number)s.") % {"number": number.strip()},
        )

    def credit(self, request: HttpRequest, event_id: int) -> HttpResponse:
        """Keep unallocated money as the credit of its account."""
        return self.ask_service(
            request,
            event_id,
            permission=DEAL,
            service=lambda: keep_as_credit(
                event_id=event_id, reason=_note_of(request), actor=cast(User, request.user), now=timezone.now()
            ),
            done=_("The money is kept as credit of the account."),
        )

    def resolve(self, request: HttpRequest, event_id: int) -> HttpResponse:
        note = _note_of(request)
        return self.ask_service(
            request,
            event_id,
            permission=DEAL,
            service=lambda: mark_resolved(
                event_id=event_id, note=note, actor=cast(User, request.user), now=timezone.now()
            ),
            done=_("This payment is resolved."),
        )

    def reopen(self, request: HttpRequest, event_id: int) -> HttpResponse:
        return self.ask_service(
            request,
            event_id,
            permission=DEAL,
            service=lambda: mark_open_again(event_id=event_id, actor=cast(User, request.user), now=timezone.now()),
            done=_("This payment needs attention again."),
        )

    @display(description=gettext_lazy("received"), ordering="received_at")
    def received_on(self, event: PaymentEvent) -> SafeString | str:
        return moment(event.received_at)

    @display(description=gettext_lazy("told by"), ordering="actor")
    def told_by(self, event: PaymentEvent) -> str:
        return event.actor.get_full_name() if event.actor else NOTHING

    @display(description=gettext_lazy("to do"))
    def attention(self, event: PaymentEvent) -> SafeString | str:
        """Return whether the event needs attention, or who has resolved it."""
        if event.outcome not in PaymentEvent.NEEDS_ATTENTION:
            return NOTHING
        handling = _handling(event)
        if handling is None:
            return Label(_("needs attention"), "danger").html
        return two_lines(Label(_("resolved"), "success").html, handling.handled_by.get_full_name())

    @display(description=gettext_lazy("outcome"), ordering="outcome")
    def outcome_label(self, event: PaymentEvent) -> SafeString:
        return choice_label(event, "outcome", OUTCOME_COLOURS)

    @display(description=gettext_lazy("what to do"))
    def advice(self, event: PaymentEvent) -> str:
        advice = _ADVICE.get(event.kind) or _ADVICE.get(event.outcome)
        return advice() if advice else _("Nothing: all is well.")

    @display(description=gettext_lazy("payment"))
    def payment_link(self, event: PaymentEvent) -> SafeString | str:
        return link("shop_payment", event.payment_id, event.payment)

    @display(description=gettext_lazy("as it was told"))
    def payload_text(self, event: PaymentEvent) -> SafeString:
        written = json.dumps(event.payload, ensure_ascii=False, indent=2)
        return format_html('<pre class="amphi-code">{}</pre>', written)


def _note_of(request: HttpRequest) -> str:
    return request.POST.get("note", "").replace("\0", "").strip()[: MoneyHandling.NOTE_LENGTH]


def _handling(event: PaymentEvent) -> MoneyHandling | None:
    """Return the standing mark that an event is resolved; None for an open event, and for one that needs no
    attention."""
    standing: list[MoneyHandling] = getattr(event, "standing", [])
    return standing[0] if standing else None


# By kind for refunds and disputes, else by outcome.
_ADVICE: dict[str, Callable[[], str]] = {
    PaymentEvent.Kind.REFUNDED: lambda: _(
        "Money went back to the customer; the order has not changed. Give its units back if it no longer stands."
    ),
    PaymentEvent.Kind.REFUND_FAILED: lambda: _(
        "The customer did not get the money back. Send it again, or by other means."
    ),
    PaymentEvent.Kind.DISPUTED: lambda: _(
        "The customer’s bank asks for the money back. Answer at the payment provider before its deadline; until then "
        "the seats of the order that it paid for are frozen."
    ),
    PaymentEvent.Kind.DISPUTE_WON: lambda: _("The money stays with you. Mark this as resolved."),
    PaymentEvent.Kind.DISPUTE_LOST: lambda: _(
        "The money has gone back; the order’s seats stay frozen. Agree with the customer on how it is paid and let "
        "the order go on, or give its units back."
    ),
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
    PaymentEvent.Outcome.RELEASED: lambda: _(
        "The order ended before the rest came. Give the money back, or agree with the customer on something else."
    ),
    PaymentEvent.Outcome.UNKNOWN_ORDER: lambda: _(
        "No order has the number that came with the money. Find out who paid, and for what."
    ),
}
