"""Refunds: money sent back to a customer, each with its way and its state."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shop.orders.giving_back.models import GivingBack

# Longer than providers and banks need.
HANGS_AFTER = timedelta(days=10)


class RefundQuerySet(models.QuerySet["Refund"]):
    def open(self) -> RefundQuerySet:
        """Filter refunds of which nobody knows yet whether the money arrives."""
        return self.filter(state__in=Refund.OPEN)

    def standing(self) -> RefundQuerySet:
        """Filter refunds that count as gone: all but those that failed."""
        return self.exclude(state=Refund.State.FAILED)

    def needing_attention(self) -> RefundQuerySet:
        """Filter refunds that failed while their order still owes money, and those that hang."""
        owing = GivingBack.objects.owed().filter(line__order=OuterRef("order"))
        followed = Q(way__in=(Refund.Way.PROVIDER, Refund.Way.TRANSFER))
        failed = followed & Q(state=Refund.State.FAILED, handling__isnull=True) & Exists(owing)
        hangs = followed & Q(state__in=Refund.OPEN, asked_at__lt=Now() - HANGS_AFTER)
        return self.filter(failed | hangs)


class Refund(models.Model):
    """Money sent back: of an order, by the provider that took `payment`, or by another way.

    `key` is committed before the provider is called and goes with the call: after a crash the same call, or a look at
    the provider, finds what the call did. A refund that failed stays as it is: the money is owed again, and is sent by
    another one. Rows change under their order's lock alone. A trigger keeps that those of a payment which did not fail
    never sum to more than it.
    """

    REFERENCE_LENGTH = 200
    PROBLEM_LENGTH = 60

    class Way(models.TextChoices):
        PROVIDER = "provider", _("by the payment method")
        TRANSFER = "transfer", pgettext_lazy("way of a refund", "by transfer")
        CREDIT = "credit", pgettext_lazy("way of a refund", "as credit of the account")
        OUTSIDE = "outside", _("outside the shop")

    class State(models.TextChoices):
        ASKED = "asked", pgettext_lazy("refund", "to be sent")
        PENDING = "pending", pgettext_lazy("refund", "under way")
        DONE = "done", pgettext_lazy("refund", "sent")
        FAILED = "failed", pgettext_lazy("refund", "failed")

    OPEN = (State.ASKED, State.PENDING)

    key = models.UUIDField(_("key"), default=uuid.uuid4, db_default=RandomUUID())
    order = models.ForeignKey(
        "shop.Order", on_delete=models.PROTECT, null=True, related_name="refunds", verbose_name=_("order")
    )
    payment = models.ForeignKey(
        "shop.Payment", on_delete=models.PROTECT, null=True, related_name="refunds", verbose_name=_("payment")
    )
    handling = models.ForeignKey(
        "shop.MoneyHandling", on_delete=models.PROTECT, null=True, related_name="refunds",
        help_text="The mark that unallocated money is resolved, for a refund of such.",
    )  # fmt: skip
    account = models.ForeignKey(
        "accounts.CustomerAccount", on_delete=models.PROTECT, null=True, related_name="refunds",
        verbose_name=_("customer account"), help_text="Whose credit it sends back, for a refund of such.",
    )  # fmt: skip
    payee = models.ForeignKey(
        "shop.PayeeAccount", on_delete=models.PROTECT, null=True, related_name="refunds",
        verbose_name=_("bank account to pay back to"),
    )  # fmt: skip
    file = models.ForeignKey(
        "shop.TransferFile", on_delete=models.PROTECT, null=True, related_name="refunds",
        verbose_name=_("transfer file"),
    )  # fmt: skip
    way = models.CharField(_("way"), max_length=10, choices=Way.choices)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.ASKED, db_default=State.ASKED
    )
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    reference = models.CharField(_("reference"), max_length=REFERENCE_LENGTH, default="", db_default="", blank=True)
    problem = models.CharField(_("reason of failure"), max_length=PROBLEM_LENGTH, default="", db_default="", blank=True)
    asked_at = models.DateTimeField(_("asked"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    times_asked = models.PositiveIntegerField(_("times asked"), default=0, db_default=0)
    done_at = models.DateTimeField(_("sent on"), null=True)
    failed_at = models.DateTimeField(_("failed on"), null=True)

    objects = RefundQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("money sent back", "refund")
        verbose_name_plural = pgettext_lazy("money sent back", "refunds")
        ordering = ("-pk",)
        default_permissions = ("view",)
        permissions = (("send_refund", _("Can send money back")),)
        constraints = [
            models.UniqueConstraint(fields=("key",), name="shop_refund_key_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="shop_refund_amount"),
            models.CheckConstraint(
                condition=Q(way__in=("provider", "transfer", "outside", "credit")), name="shop_refund_way_known"
            ),
            models.CheckConstraint(
                condition=~Q(way="provider") | Q(payment__isnull=False), name="shop_refund_provider_has_payment"
            ),
            models.CheckConstraint(
                condition=Q(order__isnull=False) | Q(handling__isnull=False) | Q(account__isnull=False),
                name="shop_refund_of_something",
            ),
            models.CheckConstraint(
                condition=Q(way="transfer", payee__isnull=False) | ~Q(way="transfer") & Q(payee=None, file=None),
                name="shop_refund_transfer_has_payee",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("asked", "pending"), done_at__isnull=True, failed_at__isnull=True)
                | Q(state="done", done_at__isnull=False, failed_at__isnull=True)
                | Q(state="failed", failed_at__isnull=False),
                name="shop_refund_state",
            ),
        ]
        indexes = [
            models.Index(fields=("state",), condition=Q(state__in=("asked", "pending")), name="shop_refund_open"),
        ]

    def __str__(self) -> str:
        return f"R{self.pk}"
