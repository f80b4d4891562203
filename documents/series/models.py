"""Series of numbers: one for each sequence and year, counted without a gap; after a restored backup another.

Triggers of migration 0001 keep what no column can: a series counts in steps of one, and no number is counted without
the document that bears it.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Series(models.Model):
    """Numbers of one sequence in one calendar year. `pattern` is frozen when the series begins. Of several in a year,
    the one with the highest `part` counts on.

    `last` is the number given last, 0 before the first; `last_on` the day of its document.
    """

    class Sequence(models.TextChoices):
        PROFORMA = "proforma", _("pro-forma invoices")
        INVOICE = "invoice", _("invoices")
        CREDIT_NOTE = "credit_note", _("credit notes")
        RECEIPT = "receipt", _("receipts")

    sequence = models.CharField(_("sequence"), max_length=12, choices=Sequence.choices)
    year = models.PositiveSmallIntegerField(_("year"))
    part = models.PositiveSmallIntegerField(_("part of the year"), default=1, db_default=1)
    pattern = models.CharField(_("format"), max_length=60)
    last = models.BigIntegerField(_("last number"), db_default=0)
    last_on = models.DateField(_("day of the last document"), null=True)

    class Meta:
        verbose_name = _("series of numbers")
        verbose_name_plural = pgettext_lazy("of numbers", "series")
        ordering = ("-year", "sequence")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=("sequence", "year", "part"), name="documents_series_part_once"),
            models.CheckConstraint(
                condition=Q(sequence__in=("proforma", "invoice", "credit_note", "receipt")),
                name="documents_series_sequence_known",
            ),
            models.CheckConstraint(condition=Q(year__gte=2000, year__lte=9999), name="documents_series_year"),
            models.CheckConstraint(
                condition=(Q(last=0) & Q(last_on__isnull=True)) | (Q(last__gte=1) & Q(last_on__isnull=False)),
                name="documents_series_last_has_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_sequence_display()} {self.year}"
