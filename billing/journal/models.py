"""Chart of accounts: the numbers under which the accountant's journal knows the accounts of the ledger."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.ledger.models import Account


class ChartAccount(models.Model):
    """Number and label of an account of the ledger, or of one of its parts, in place of the usual ones.

    `part` is the key of a tax code or the name of a payment provider, as lines of the ledger have it in front of a
    colon; "" for all parts that have no row of their own.
    """

    account = models.CharField(_("account of the ledger"), max_length=14, choices=Account.choices)
    part = models.CharField(
        _("part"),
        max_length=30,
        blank=True,
        default="",
        db_default="",
        help_text=_("Number of a tax code, or name of a payment provider. Empty: all others."),
    )
    number = models.CharField(
        pgettext_lazy("chart of accounts", "number"),
        max_length=20,
        help_text=_("As in the accountant’s chart of accounts, for instance 706000."),
    )
    label = models.CharField(_("label"), max_length=80)

    objects: ClassVar[models.Manager[ChartAccount]] = models.Manager()

    class Meta:
        verbose_name = _("account of the chart")
        verbose_name_plural = _("chart of accounts")
        ordering = ("number", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=("account", "part"),
                name="billing_chartaccount_once",
                violation_error_message=_("This account and part have a number already."),
            ),
            models.CheckConstraint(
                condition=Q(number__regex="^[0-9]{3}[0-9A-Z]*$"),
                name="billing_chartaccount_number",
                violation_error_code="number",
                violation_error_message=_("A number begins with three digits; digits and capitals may follow."),
            ),
            models.CheckConstraint(condition=~Q(label=""), name="billing_chartaccount_label_given"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.label}"
