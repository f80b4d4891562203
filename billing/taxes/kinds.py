"""Kinds of tax codes, and what electronic invoices and papers say of each: one table.

Categories are those of EN 16931 (UNCL 5305), codes of exemption those of the VATEX list. CGI = code général des impôts.
The merchant's accountant has the last word; the mention of a code can be edited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class TaxKind(models.TextChoices):
    """Kind of a tax code. Nothing is sold on one that is still to be decided."""

    STANDARD = "standard", _("standard rate")
    REDUCED = "reduced", _("reduced rate")
    EXEMPT = "exempt", _("exempt")
    FRANCHISE = "franchise", _("small business without VAT (franchise)")
    REVERSE_CHARGE = "reverse", _("reverse charge")
    OUTSIDE = "outside", _("outside the scope of VAT")
    UNDECIDED = "undecided", _("to be decided")


class Exemption(models.TextChoices):
    """Reason of an exemption."""

    TRAINING = "training", _("vocational training (attestation 3511)")
    NON_PROFIT = "non_profit", _("non-profit organisation")


class EInvoicing(models.TextChoices):
    """Part that sales on a tax code take in the reform of electronic invoices."""

    REQUIRED = "required", _("required")
    VOLUNTARY = "voluntary", _("voluntary")
    NONE = "none", _("not concerned")


@dataclass(frozen=True, slots=True)
class Treatment:
    """Treatment of sales on a tax code: category and code of exemption in electronic invoices, mention on papers by
    language, and the articles it all comes from. `vatex` and `mention` are empty where there is a rate."""

    category: str
    articles: str
    vatex: str = ""
    mention: Mapping[str, str] | None = None
    e_invoicing: EInvoicing = EInvoicing.REQUIRED

    @property
    def is_taxed(self) -> bool:
        """Tell whether there is a rate above 0."""
        return self.category == "S"


RATED = Treatment("S", "CGI 278, 278-0 bis, 279")
TREATMENTS: Mapping[tuple[TaxKind, str], Treatment] = {
    (TaxKind.STANDARD, ""): RATED,
    (TaxKind.REDUCED, ""): RATED,
    (TaxKind.EXEMPT, Exemption.TRAINING): Treatment(
        "E",
        "CGI 261-4-4° a, 289 bis",
        vatex="VATEX-FR-CGI261-4",
        mention={
            "fr": "Exonération de TVA, art. 261-4-4° a du CGI",
            "en": "Exempt from VAT, art. 261-4-4° a of the French tax code (CGI)",
        },
        e_invoicing=EInvoicing.NONE,
    ),
    (TaxKind.EXEMPT, Exemption.NON_PROFIT): Treatment(
        "E",
        "CGI 261-7-1°, 289 bis",
        vatex="VATEX-FR-CGI261-7",
        mention={
            "fr": "Exonération de TVA, art. 261-7-1° du CGI",
            "en": "Exempt from VAT, art. 261-7-1° of the French tax code (CGI)",
        },
        e_invoicing=EInvoicing.NONE,
    ),
    (TaxKind.FRANCHISE, ""): Treatment(
        "E",
        "CGI 293 B, 293 E",
        vatex="VATEX-FR-FRANCHISE",
        mention={
            "fr": "TVA non applicable, art. 293 B du CGI",
            "en": "VAT not applicable, art. 293 B of the French tax code (CGI)",
        },
    ),
    (TaxKind.REVERSE_CHARGE, ""): Treatment(
        "AE",
        "CGI 259-1°, 283-2; directive 2006/112/EC, 44 and 196",
        vatex="VATEX-EU-AE",
        mention={"fr": "Autoliquidation", "en": "Reverse charge"},
    ),
    (TaxKind.OUTSIDE, ""): Treatment(
        "O",
        "CGI 259, 259 B",
        vatex="VATEX-EU-O",
        mention={
            "fr": "TVA non applicable, art. 259 du CGI",
            "en": "VAT not applicable, art. 259 of the French tax code (CGI)",
        },
        e_invoicing=EInvoicing.VOLUNTARY,
    ),
}


def treatment_of(kind: str, exemption: str = "") -> Treatment | None:
    """Return the treatment of a kind, with its reason where that is an exemption; None for one to be decided."""
    return TREATMENTS.get((TaxKind(kind), exemption if kind == TaxKind.EXEMPT else ""))


TAXED = (TaxKind.STANDARD, TaxKind.REDUCED)
