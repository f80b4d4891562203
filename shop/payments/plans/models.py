"""Plans of payment that customers may choose when they order. Orders take copies of their parts, never a reference."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shop.orders.models import Order

MOST_DAYS = 730


class PaymentPlan(models.Model):
    """Division of a total into a deposit and instalments, offered to some kinds of buyers.

    Days count from the order. `first_on` names a day for the first instalment instead of `first_days`. Without entries
    it is offered for all; else for carts that hold none but these.
    """

    deposit_percent = models.PositiveSmallIntegerField(
        _("deposit, in percent"), default=30, db_default=30, help_text=_("0 for none.")
    )
    deposit_days = models.PositiveSmallIntegerField(
        _("deposit due after (days)"), default=0, db_default=0, help_text=_("From the day of the order; 0: at once.")
    )
    instalments = models.PositiveSmallIntegerField(
        _("number of instalments"),
        default=1,
        db_default=1,
        help_text=_("Equal parts of what the deposit leaves; the last takes the cents that remain."),
    )
    first_days = models.PositiveSmallIntegerField(
        _("first instalment due after (days)"), default=30, db_default=30, help_text=_("From the day of the order.")
    )
    first_on = models.DateField(
        _("or on this day"),
        null=True,
        blank=True,
        help_text=_("Once it has passed, the plan is offered no more."),
    )
    days_between = models.PositiveSmallIntegerField(_("days between instalments"), default=30, db_default=30)
    release_rule = models.CharField(
        pgettext_lazy("plan of payment", "delivered"),
        max_length=5,
        choices=Order.ReleaseRule.choices,
        default=Order.ReleaseRule.FIRST,
        db_default=Order.ReleaseRule.FIRST,
        help_text=_("Fixed for an order when it is placed."),
    )
    for_companies = models.BooleanField(_("for companies and associations"), default=True, db_default=True)
    for_public_bodies = models.BooleanField(_("for public bodies"), default=False, db_default=False)
    for_persons = models.BooleanField(_("for private persons"), default=False, db_default=False)
    least_total = models.DecimalField(
        _("from a total of"),
        max_digits=12,
        decimal_places=2,
        default=Decimal(0),
        db_default=Decimal("0.00"),
        help_text=_("With tax, in the shop’s currency."),
    )
    entries = models.ManyToManyField(
        "catalog.Entry",
        blank=True,
        related_name="+",
        verbose_name=_("only for these entries"),
        help_text=_("Empty: for all. A cart with another entry is not offered this plan."),
    )
    is_offered = models.BooleanField(pgettext_lazy("plan of payment", "offered"), default=True, db_default=True)

    class Meta:
        verbose_name = _("plan of payment")
        verbose_name_plural = _("plans of payment")
        ordering = ("deposit_percent", "instalments", "pk")
        default_permissions = ("view", "add", "change")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    deposit_percent__lte=99,
                    deposit_days__lte=MOST_DAYS,
                    first_days__lte=MOST_DAYS,
                    days_between__gte=1,
                    days_between__lte=366,
                ),
                name="shop_paymentplan_days",
                violation_error_message=_(
                    "A deposit is at most 99 percent, what is due comes within two years, and instalments are 1 to 366 "
                    "days apart."
                ),
            ),
            models.CheckConstraint(
                condition=Q(instalments__gte=1, instalments__lte=24),
                name="shop_paymentplan_instalments",
                violation_error_message=_("There are 1 to 24 instalments."),
            ),
            models.CheckConstraint(
                condition=Q(release_rule__in=("all", "first")), name="shop_paymentplan_release_rule_known"
            ),
            models.CheckConstraint(
                condition=Q(least_total__gte=0),
                name="shop_paymentplan_least_total",
                violation_error_message=_("The total from which it is offered is 0 or more."),
            ),
            models.CheckConstraint(
                condition=Q(for_companies=True) | Q(for_public_bodies=True) | Q(for_persons=True),
                name="shop_paymentplan_for_somebody",
                violation_error_message=_("Choose to whom the plan is offered."),
            ),
        ]

    def __str__(self) -> str:
        return str(_("plan of payment")) + f" {self.pk}"
