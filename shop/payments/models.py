"""Payments and what providers report of them. Nothing here is ever deleted or overwritten."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.search import index_of_words
from shop.payments.labels import METHOD_LABELS


class Payment(models.Model):
    """Charge or transfer at a provider, identified by the provider's reference."""

    class Status(models.TextChoices):
        PENDING = "pending", _("under way")
        SUCCEEDED = "succeeded", _("received")
        DECLINED = "declined", _("declined")

    provider = models.CharField(_("provider"), max_length=30)
    reference = models.CharField(_("reference"), max_length=200)
    order = models.ForeignKey("shop.Order", on_delete=models.PROTECT, null=True, related_name="payments")
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.PENDING, db_default=Status.PENDING
    )
    created_at = models.DateTimeField(_("first seen"))
    # Time of the next question whether the bank took it back; none once it cannot any more.
    look_again_at = models.DateTimeField(null=True, db_default=Now())

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(fields=("provider", "reference"), name="shop_payment_reference_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="shop_payment_amount"),
            models.CheckConstraint(
                condition=Q(status__in=("pending", "succeeded", "declined")), name="shop_payment_status_known"
            ),
        ]
        indexes = [
            index_of_words("reference", name="shop_payment_words"),
            models.Index(fields=("reference",), name="shop_payment_by_reference"),
            models.Index(fields=("amount",), name="shop_payment_by_amount"),
            models.Index(
                fields=("look_again_at",), condition=Q(look_again_at__isnull=False), name="shop_payment_to_look_at"
            ),
        ]

    def __str__(self) -> str:
        return f"{METHOD_LABELS.of(self.provider)} · {self.reference}"


class PaymentEventQuerySet(models.QuerySet["PaymentEvent"]):
    def unallocated(self) -> PaymentEventQuerySet:
        """Filter events of unallocated payments, resolved or not: another amount, a second charge, late, or no known
        order."""
        return self.filter(outcome__in=PaymentEvent.UNALLOCATED)

    def needing_attention(self) -> PaymentEventQuerySet:
        """Filter unallocated payments, refunds and disputes that nobody has resolved."""
        return self._for_the_merchant().exclude(_is_resolved())

    def resolved(self) -> PaymentEventQuerySet:
        return self._for_the_merchant().filter(_is_resolved())

    def _for_the_merchant(self) -> PaymentEventQuerySet:
        return self.filter(outcome__in=PaymentEvent.NEEDS_ATTENTION)


def _is_resolved() -> Exists:
    return Exists(MoneyHandling.objects.filter(event=OuterRef("pk"), undone_at__isnull=True))


class PaymentEvent(models.Model):
    """Event of a payment as reported by a provider, with its outcome. Append-only."""

    class Kind(models.TextChoices):
        SUCCEEDED = "succeeded", _("received")
        DECLINED = "declined", _("declined")
        REFUNDED = "refunded", _("refund")
        REFUND_FAILED = "refund_failed", _("refund failed")
        DISPUTED = "disputed", _("dispute")
        DISPUTE_WON = "dispute_won", _("dispute won")
        DISPUTE_LOST = "dispute_lost", _("dispute lost")

    # Events of money received earlier: they change neither settlement nor the order's state.
    AFTERWARDS = (Kind.REFUNDED, Kind.REFUND_FAILED, Kind.DISPUTED, Kind.DISPUTE_WON, Kind.DISPUTE_LOST)

    REFUNDS = (Kind.REFUNDED, Kind.REFUND_FAILED)
    DISPUTES = (Kind.DISPUTED, Kind.DISPUTE_WON, Kind.DISPUTE_LOST)

    class Outcome(models.TextChoices):
        SETTLED = "settled", _("order paid")
        ALLOCATED = "allocated", _("part of the order paid")
        KNOWN = "known", _("already known")
        DECLINED = "declined", _("declined")
        MISMATCH = "mismatch", _("amount or currency differs")
        SECOND_CHARGE = "second_charge", _("second charge on a paid order")
        LATE = "late", _("came too late, places gone")
        RELEASED = "released", _("order ended before it was paid in full")
        UNKNOWN_ORDER = "unknown_order", _("no such order")
        RECORDED = "recorded", _("recorded, order unchanged")
        UNKNOWN_PAYMENT = "unknown_payment", _("no such payment")

    UNALLOCATED = (Outcome.MISMATCH, Outcome.SECOND_CHARGE, Outcome.LATE, Outcome.UNKNOWN_ORDER, Outcome.RELEASED)
    NEEDS_ATTENTION = (*UNALLOCATED, Outcome.RECORDED, Outcome.UNKNOWN_PAYMENT)

    provider = models.CharField(_("provider"), max_length=30)
    event_id = models.CharField(_("event"), max_length=200)
    order = models.ForeignKey("shop.Order", on_delete=models.PROTECT, null=True, related_name="payment_events")
    order_number = models.CharField(_("order number given"), max_length=60, help_text=_("As the provider stated it."))
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="events")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    payload = models.JSONField(_("payload"), default=dict, db_default={})
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("told by")
    )
    received_at = models.DateTimeField(_("received"))
    outcome = models.CharField(_("outcome"), max_length=15, choices=Outcome.choices)

    objects = PaymentEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment event")
        verbose_name_plural = _("payment events")
        ordering = ("-pk",)
        permissions = (("deal_with_money", _("Can resolve payments that need attention")),)
        constraints = [
            models.UniqueConstraint(fields=("provider", "event_id"), name="shop_paymentevent_once"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=(
                        *("succeeded", "declined", "refunded", "refund_failed"),
                        *("disputed", "dispute_won", "dispute_lost"),
                    )
                ),
                name="shop_paymentevent_kind_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=("order",),
                condition=Q(
                    outcome__in=(
                        *("mismatch", "second_charge", "late", "unknown_order"),
                        *("recorded", "unknown_payment", "released"),
                    )
                ),
                name="shop_paymentevent_to_look_at",
            ),
            models.Index(fields=("received_at",), condition=~Q(payload={}), name="shop_paymentevent_payload"),
            models.Index(
                fields=("payment",),
                condition=Q(kind__in=("dispute_won", "dispute_lost")),
                name="shop_paymentevent_of_disputes",
            ),
            index_of_words("event_id", name="shop_paymentevent_words"),
            models.Index(fields=("event_id",), name="shop_paymentevent_by_event"),
            models.Index(fields=("amount",), name="shop_paymentevent_by_amount"),
        ]

    def __str__(self) -> str:
        return f"{METHOD_LABELS.of(self.provider)} · {self.event_id}"

    @property
    def is_afterwards(self) -> bool:
        """Tell whether the event is about money received earlier: a refund or a dispute."""
        return self.kind in self.AFTERWARDS

    @property
    def thing(self) -> str:
        """Name of the refund or dispute at the provider; "" for an event that is named otherwise than by the thing and
        its state (docs/providers.md)."""
        thing, colon, state = self.event_id.rpartition(":")
        return thing if colon and state == self.kind else ""


class MoneyHandling(models.Model):
    """Mark that a payment which needed attention is resolved. Undone by a second timestamp, never deleted."""

    NOTE_LENGTH = 300

    class How(models.TextChoices):
        SENT_BACK = "sent_back", _("sent back")
        APPLIED = "applied", _("given to an order")
        CREDIT = "credit", _("kept as credit")

    how = models.CharField(
        _("how"), max_length=10, choices=How.choices, default=How.SENT_BACK, db_default=How.SENT_BACK
    )
    amount = models.DecimalField(
        _("amount"), max_digits=12, decimal_places=2, null=True, help_text="Empty: the whole payment."
    )
    event = models.ForeignKey(PaymentEvent, on_delete=models.PROTECT, related_name="handlings")
    handled_at = models.DateTimeField(_("resolved on"))
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("resolved by")
    )
    note = models.CharField(_("note"), max_length=NOTE_LENGTH, blank=True)
    undone_at = models.DateTimeField(_("taken back on"), null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("taken back by")
    )

    class Meta:
        verbose_name = _("resolved payment")
        verbose_name_plural = _("resolved payments")
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=("event",), condition=Q(undone_at__isnull=True), name="shop_moneyhandling_once"
            ),
            models.CheckConstraint(
                condition=Q(how="sent_back")
                | Q(how__in=("applied", "credit"), amount__isnull=False, amount__gt=0, undone_at__isnull=True),
                name="shop_moneyhandling_used_for_good",
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_at__gte=F("handled_at"), undone_by__isnull=False),
                name="shop_moneyhandling_undone_by_somebody_later",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} by {self.handled_by_id}"


class Settlement(models.Model):
    """Fact that an order's release rule is met: at most one per order. `payment` is the last that it took; None where a
    promise did, or a payment of which another order had a part before."""

    order = models.OneToOneField("shop.Order", on_delete=models.PROTECT, related_name="settlement")
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="settlement", null=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("settlement of an order")
        verbose_name_plural = _("settlements of orders")

    def __str__(self) -> str:
        return f"{self.order_id} by {self.payment_id}"
