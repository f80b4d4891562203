"""Units given back, with the amounts that count as gone back for them."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

# Part of an amount that is to be paid back, of rows that `owed` keeps.
OWED = F("amount") - F("lowered") - F("sent")

_INCLUSIVE = RangeBoundary(inclusive_lower=True, inclusive_upper=True)


class GivingBackQuerySet(models.QuerySet["GivingBack"]):
    def owed(self) -> GivingBackQuerySet:
        """Keep the rows of which something is still to be paid back."""
        return self.filter(Q(amount__gt=F("lowered") + F("sent")), amount__gt=0, paid_back_at__isnull=True)


class GivingBack(models.Model):
    """Consecutive units of a line given back in one act, and how their amount was paid back.

    An act writes one row per such range; the amounts of its rows sum to the worth of the act. `lowered` is the part of
    the amount that had not been paid yet, and is asked for no more; the rest is owed to the customer. Only the columns
    of the payment change afterwards, by `shop.orders.giving_back.owed`: `sent`, the part that refunds took back, and
    once that is all, the day and the reference. Units given back by the previous release have no row until a migration
    reads its events: see `shop.orders.giving_back.units`.
    """

    REFERENCE_LENGTH = 120

    class Why(models.TextChoices):
        """Subset of `RevokeReason` for units of paid orders."""

        REFUNDED = "refunded", _("to be paid back")
        CANCELLED = "cancelled", _("without money")

    line = models.ForeignKey("shop.OrderLine", on_delete=models.PROTECT, related_name="givings_back")
    first_index = models.PositiveIntegerField(help_text="From 0.")
    last_index = models.PositiveIntegerField(help_text="Given back as well.")
    amount = models.DecimalField(
        _("amount"),
        max_digits=12,
        decimal_places=2,
        db_default=Decimal("0.00"),
        help_text="With tax, in the order's currency. Taken off the sales from the giving back on.",
    )
    lowered = models.DecimalField(
        _("not asked for any more"), max_digits=12, decimal_places=2, default=Decimal(0), db_default=Decimal("0.00")
    )
    sent = models.DecimalField(
        _("sent back"), max_digits=12, decimal_places=2, default=Decimal(0), db_default=Decimal("0.00")
    )
    why = models.CharField(_("why"), max_length=10, choices=Why.choices, db_default=Why.CANCELLED)
    at = models.DateTimeField(_("at"), db_default=Now())
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField(_("reason"), blank=True, db_default="")
    paid_back_on = models.DateField(_("paid back on"), null=True)
    paid_back_reference = models.CharField(_("reference"), max_length=REFERENCE_LENGTH, blank=True, db_default="")
    paid_back_at = models.DateTimeField(_("noted at"), null=True)
    paid_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    objects = GivingBackQuerySet.as_manager()

    class Meta:
        verbose_name = _("giving back")
        verbose_name_plural = _("givings back")
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(condition=Q(first_index__lte=F("last_index")), name="shop_givingback_in_order"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="shop_givingback_amount"),
            models.CheckConstraint(
                condition=Q(lowered__gte=0, sent__gte=0, amount__gte=F("lowered") + F("sent")),
                name="shop_givingback_sent_within_amount",
            ),
            models.CheckConstraint(condition=Q(why__in=("refunded", "cancelled")), name="shop_givingback_why_known"),
            models.CheckConstraint(
                condition=Q(amount=0) | Q(why="refunded"), name="shop_givingback_amount_only_of_a_refund"
            ),
            models.CheckConstraint(
                condition=Q(
                    paid_back_on__isnull=True,
                    paid_back_at__isnull=True,
                    paid_back_by__isnull=True,
                    paid_back_reference="",
                )
                | Q(
                    ~Q(paid_back_reference=""),
                    amount__gt=0,
                    paid_back_on__isnull=False,
                    paid_back_at__isnull=False,
                    paid_back_by__isnull=False,
                ),
                name="shop_givingback_paid_back_whole",
            ),
            # The line is written as a range of one number: comparing numbers in a GiST index needs an extension.
            ExclusionConstraint(
                name="shop_givingback_unit_once",
                expressions=[
                    (Func(F("line"), F("line"), _INCLUSIVE, function="int8range"), RangeOperators.OVERLAPS),
                    (
                        Func(F("first_index"), F("last_index"), _INCLUSIVE, function="int4range"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

        indexes = [
            models.Index(
                fields=("line",), condition=Q(amount__gt=0, paid_back_at__isnull=True), name="shop_givingback_owed"
            )
        ]

    @property
    def owed(self) -> Decimal:
        """Part of the amount still to be paid back."""
        return Decimal(0) if self.paid_back_at is not None else self.amount - self.lowered - self.sent

    def __str__(self) -> str:
        return f"{self.line_id}/{self.first_index}-{self.last_index}"
