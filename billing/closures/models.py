"""Closures of the books: days, months and years into which nothing more comes. Only ever added to.

Triggers of migration 0002 keep what no column can: days follow one another without a gap, a month or year is closed
after all its days, no entry comes into a closed day, and nothing is changed, deleted or truncated.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Closure(models.Model):
    """A closed day, month or year, with the sums of each account of the ledger.

    `sums`: rows of currency, account, part, debits and credits of the period, and the balance at its end, in minor
    units. `sealed_to`: position in the chain up to which all entries of the period are sealed, 0 without entries.
    `digest`: 32 bytes over the period, its sums, the chain up to that position and the closure made before.
    """

    class Kind(models.TextChoices):
        DAY = "day", pgettext_lazy("closed period", "day")
        MONTH = "month", pgettext_lazy("closed period", "month")
        YEAR = "year", pgettext_lazy("closed period", "year")

    kind = models.CharField(pgettext_lazy("closed period", "kind"), max_length=5, choices=Kind.choices)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    entries = models.BigIntegerField(pgettext_lazy("of the ledger", "entries"))
    sums = models.JSONField(_("sums"))
    sealed_to = models.BigIntegerField(_("sealed up to"))
    digest = models.BinaryField(_("digest"), max_length=32)
    closed_at = models.DateTimeField(_("closed at"))
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("closed by")
    )

    class Meta:
        verbose_name = _("closed period")
        verbose_name_plural = _("closed periods")
        ordering = ("-pk",)
        default_permissions = ("view",)
        permissions = (("close_period", _("Can close periods of the books")),)
        constraints = [
            models.UniqueConstraint(fields=("kind", "ends_on"), name="billing_closure_once"),
            models.CheckConstraint(condition=Q(kind__in=("day", "month", "year")), name="billing_closure_kind_known"),
            models.CheckConstraint(
                condition=Q(entries__gte=0, sealed_to__gte=0), name="billing_closure_not_below_zero"
            ),
        ]

    def __str__(self) -> str:
        match self.kind:
            case self.Kind.MONTH:
                return f"{self.ends_on:%Y-%m}"
            case self.Kind.YEAR:
                return f"{self.ends_on:%Y}"
        return f"{self.ends_on:%Y-%m-%d}"
