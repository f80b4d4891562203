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

_INCLUSIVE = RangeBoundary(inclusive_lower=True, inclusive_upper=True)


class GivingBack(models.Model):
    """Consecutive units of a line given back in one act. Append-only.

    An act writes one row per such range; the amounts of its rows sum to the worth of the act. Units given back by the
    previous release have no row until a migration reads its events: see `shop.orders.giving_back.units`.
    """

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
        help_text="With tax, in the order's currency. Counts as gone back.",
    )
    why = models.CharField(_("why"), max_length=10, choices=Why.choices, db_default=Why.CANCELLED)
    at = models.DateTimeField(_("at"), db_default=Now())
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField(_("reason"), blank=True, db_default="")

    class Meta:
        verbose_name = _("giving back")
        verbose_name_plural = _("givings back")
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(condition=Q(first_index__lte=F("last_index")), name="shop_givingback_in_order"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="shop_givingback_amount"),
            models.CheckConstraint(condition=Q(why__in=("refunded", "cancelled")), name="shop_givingback_why_known"),
            models.CheckConstraint(
                condition=Q(amount=0) | Q(why="refunded"), name="shop_givingback_amount_only_of_a_refund"
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

    def __str__(self) -> str:
        return f"{self.line_id}/{self.first_index}-{self.last_index}"
