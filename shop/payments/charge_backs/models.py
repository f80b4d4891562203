"""Charge-backs: money of payments that banks took back."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ChargeBackQuerySet(models.QuerySet["ChargeBack"]):
    def standing(self) -> ChargeBackQuerySet:
        """Filter charge-backs whose money is gone: lost, and not given up by the bank since."""
        return self.filter(lost_at__isnull=False, won_at__isnull=True)


class ChargeBack(models.Model):
    """Dispute of a payment that has ended: lost, won, or won after it was lost.

    `reference` is the dispute's name at the provider, "" for one that has none: a payment has one such at most.
    `amount` is what the bank took of the payment, `from_credit` the part of it that was kept as credit, `fee` what the
    provider asks for it, all in the payment's currency. The allocations that bear the charge-back tell how much was
    taken from payment requests; the rest was unallocated money. A trigger keeps that a payment gives no more than it
    is, what was taken back included. Rows change under the lock of their payment's order.
    """

    payment = models.ForeignKey(
        "shop.Payment", on_delete=models.PROTECT, related_name="charge_backs", verbose_name=_("payment")
    )
    reference = models.CharField(_("reference"), max_length=200, blank=True, db_default="")
    amount = models.DecimalField(
        _("amount"), max_digits=12, decimal_places=2, default=Decimal(0), db_default=Decimal("0.00")
    )
    from_credit = models.DecimalField(
        _("taken from credit"), max_digits=12, decimal_places=2, default=Decimal(0), db_default=Decimal("0.00")
    )
    fee = models.DecimalField(_("fee"), max_digits=12, decimal_places=2, default=Decimal(0), db_default=Decimal("0.00"))
    lost_at = models.DateTimeField(pgettext_lazy("charge-back", "taken back on"), null=True)
    won_at = models.DateTimeField(pgettext_lazy("charge-back", "won on"), null=True)

    objects = ChargeBackQuerySet.as_manager()

    class Meta:
        verbose_name = _("charge-back")
        verbose_name_plural = _("charge-backs")
        ordering = ("pk",)
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=("payment", "reference"), name="shop_chargeback_once"),
            models.CheckConstraint(
                condition=Q(from_credit__gte=0, from_credit__lte=F("amount"), fee__gte=0), name="shop_chargeback_amount"
            ),
            models.CheckConstraint(
                condition=Q(lost_at__isnull=False) | Q(won_at__isnull=False, amount=0, fee=0),
                name="shop_chargeback_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.reference}"
