"""Tax codes of the catalogue, and their rates in time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from billing.taxes.kinds import TAXED, EInvoicing, Exemption, TaxKind, Treatment, treatment_of, usual_terms
from common.languages import in_reader_language, languages

_THIS_ONE = RangeBoundary(inclusive_lower=True, inclusive_upper=True)


class Tax(models.Model):
    """A tax code: its kind, its rate, and what papers say of it. Sold lines freeze all of it, so a change here touches
    future sales only.

    `rates` mirrors the rows of `TaxRate`, which a trigger keeps there: pairs of a first day, None for ever since, and a
    rate as text, the newest first. `rate` is the one that held when they were last written; the previous release knows
    no other, and neither does a code that it writes.
    """

    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(
        _("kind"), max_length=10, choices=TaxKind.choices, default=TaxKind.UNDECIDED, db_default=TaxKind.UNDECIDED
    )
    exemption = models.CharField(
        _("reason of the exemption"), max_length=10, choices=Exemption.choices, blank=True, default="", db_default=""
    )
    rate = models.DecimalField(
        _("rate in %"),
        max_digits=5,
        decimal_places=2,
        default=Decimal("20.00"),
        db_default=Decimal("20.00"),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    country = CountryField(
        _("country"),
        blank=True,
        default="",
        db_default="",
        help_text=_("For sales that are taxed in another country. Empty: where the shop is."),
    )
    rates = models.JSONField(editable=False, default=list, db_default=[], blank=True)
    mention = models.CharField(
        _("mention on invoices"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("Empty: the usual words of this kind."),
    )
    e_invoicing = models.CharField(
        _("electronic invoices"),
        max_length=9,
        choices=EInvoicing.choices,
        blank=True,
        default="",
        db_default="",
        help_text=_("Empty: as usual for this kind."),
    )

    objects: ClassVar[models.Manager[Tax]] = models.Manager()

    class Meta:
        verbose_name = _("tax code")
        verbose_name_plural = _("tax codes")
        ordering = ["-rate", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(rate__gte=0, rate__lte=100),
                name="catalog_tax_rate_range",
            ),
            models.CheckConstraint(condition=Q(kind__in=TaxKind.values), name="catalog_tax_kind_known"),
            models.CheckConstraint(
                condition=Q(kind=TaxKind.EXEMPT, exemption__in=Exemption.values)
                | Q(~Q(kind=TaxKind.EXEMPT), exemption=""),
                name="catalog_tax_exemption_of_exempt",
                violation_error_code="exemption",
                violation_error_message=_("Say why it is exempt; other kinds have no such reason."),
            ),
            models.CheckConstraint(
                condition=Q(kind=TaxKind.UNDECIDED) | Q(kind__in=TAXED, rate__gt=0) | Q(~Q(kind__in=TAXED), rate=0),
                name="catalog_tax_rate_of_kind",
                violation_error_code="rate_of_kind",
                violation_error_message=_("A standard or reduced rate is above 0; the other kinds have none."),
            ),
            models.CheckConstraint(
                condition=Q(e_invoicing__in=["", *EInvoicing.values]), name="catalog_tax_e_invoicing_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}"

    @property
    def treatment(self) -> Treatment | None:
        """Return what papers say of sales on this code, None while it is to be decided."""
        return treatment_of(self.kind, self.exemption)

    @property
    def is_decided(self) -> bool:
        return self.treatment is not None

    def rate_on(self, day: date) -> Decimal:
        """Return the rate of a day, in per cent."""
        for starts, rate in self.rates:
            if starts is None or starts <= day.isoformat():
                return Decimal(rate)
        return self.rate

    def terms(self) -> dict[str, Any]:
        """Return what a sold line freezes of the code beside its rate: `code` (its key) and `usual_terms`, the
        merchant's own words put in for the usual ones. Empty while it is to be decided."""
        usual: dict[str, Any] = usual_terms(self.kind, self.exemption)
        if not usual:
            return {}
        own = {code: getattr(self, f"mention_{code}", "") for code in languages()}
        mention = usual["mention"] | {code: text for code, text in own.items() if text}
        return usual | {"code": self.pk, "mention": mention, "e_invoicing": self.e_invoicing or usual["e_invoicing"]}

    @property
    def mention_shown(self) -> str:
        """Mention in the reader's language."""
        return in_reader_language(self.terms().get("mention") or {})


class TaxRate(models.Model):
    """Rate of a tax code for a span of days; no two for one day. Written by `save_tax` alone."""

    tax = models.ForeignKey(Tax, on_delete=models.CASCADE, related_name="rates_in_time", verbose_name=_("tax code"))
    rate = models.DecimalField(
        _("rate in %"), max_digits=5, decimal_places=2, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    days = DateRangeField(_("days"), help_text="[first, last + 1); open on either side.")

    objects: ClassVar[models.Manager[TaxRate]] = models.Manager()

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering = ["tax", "-days"]
        constraints = [
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=100), name="catalog_taxrate_range"),
            models.CheckConstraint(condition=Q(days__isempty=False), name="catalog_taxrate_some_days"),
            ExclusionConstraint(
                name="catalog_taxrate_one_a_day",
                expressions=[
                    (Func(F("tax"), F("tax"), _THIS_ONE, function="int8range"), RangeOperators.OVERLAPS),
                    ("days", RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tax}: {self.rate}"
