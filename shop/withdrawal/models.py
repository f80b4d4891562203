"""Withdrawals of private persons from the contract of an order."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.emails import MAX_EMAIL_LENGTH
from shop.orders.models import Order


class Withdrawal(models.Model):
    """Declaration by which a private person withdraws from the contract, as received; one per order.

    `lifted_at`: when the merchant let the contract go on, by agreement with the customer for instance.
    """

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="withdrawal", verbose_name=_("order"))
    name = models.CharField(_("name"), max_length=200)
    answer_to = models.EmailField(_("answer to"), max_length=MAX_EMAIL_LENGTH)
    received_at = models.DateTimeField(_("received"))
    proposed = models.DecimalField(_("proposed to pay back"), max_digits=12, decimal_places=2)
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)

    class Meta:
        verbose_name = _("withdrawal from a contract")
        verbose_name_plural = _("withdrawals from contracts")
        default_permissions = ()
        constraints = (
            models.CheckConstraint(condition=Q(proposed__gte=0), name="shop_withdrawal_proposed"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True) | Q(lifted_at__gte=models.F("received_at")),
                name="shop_withdrawal_lifted_after",
            ),
        )

    def __str__(self) -> str:
        return str(self.order_id)
