"""Calls that send money back at providers which know no idempotency key."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class RefundCall(models.Model):
    """Call for a refund, committed before it is made, with the refunds that the provider knew of then: whatever is new
    there afterwards is this one. `reference` is empty until the provider has answered, or the refund was found."""

    provider = models.CharField(_("provider"), max_length=30)
    key = models.CharField(_("key"), max_length=60)
    payment = models.CharField(_("reference of the payment"), max_length=200)
    known = models.JSONField(default=list, db_default=[])
    reference = models.CharField(_("reference"), max_length=200, default="", db_default="", blank=True)
    called_at = models.DateTimeField(_("called"))

    class Meta:
        verbose_name = _("call for a refund")
        verbose_name_plural = _("calls for refunds")
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=("provider", "key"), name="shop_refundcall_key_once"),
            # Of two unanswered calls nobody could tell which one a new refund belongs to.
            models.UniqueConstraint(
                fields=("provider", "payment"), condition=Q(reference=""), name="shop_refundcall_one_unanswered"
            ),
            models.UniqueConstraint(
                fields=("provider", "reference"), condition=~Q(reference=""), name="shop_refundcall_reference_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.reference or self.key}"
