"""Kinds of tax codes, each with its treatment in documents (`documents.invoices.treatments`)."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.invoices.treatments import TREATMENTS, Treatment


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


TAXED = (TaxKind.STANDARD, TaxKind.REDUCED)
# Key of the treatment of each kind, and reason where it is an exemption.
KEYS: Mapping[tuple[str, str], str] = {
    (TaxKind.STANDARD, ""): "standard",
    (TaxKind.REDUCED, ""): "standard",
    (TaxKind.EXEMPT, Exemption.TRAINING): "training",
    (TaxKind.EXEMPT, Exemption.NON_PROFIT): "non_profit",
    (TaxKind.FRANCHISE, ""): "franchise",
    (TaxKind.REVERSE_CHARGE, ""): "reverse_charge",
    (TaxKind.OUTSIDE, ""): "outside",
}


def treatment_key(kind: str, exemption: str = "") -> str:
    """Return the key of a kind's treatment, with its reason where that is an exemption; "" for one to be decided."""
    return KEYS.get((kind, exemption if kind == TaxKind.EXEMPT else ""), "")


def treatment_of(kind: str, exemption: str = "") -> Treatment | None:
    """Return the treatment of a kind, None for one to be decided."""
    return TREATMENTS.get(treatment_key(kind, exemption))


def usual_terms(kind: str, exemption: str = "") -> dict[str, object]:
    """Return what a sold line freezes of a kind: `kind`, `exemption`, `treatment` (the key), `category` and `vatex` of
    electronic invoices, `mention` by language, `e_invoicing`. Empty for one to be decided."""
    treatment = treatment_of(kind, exemption)
    if treatment is None:
        return {}
    return {
        "kind": str(kind),
        "exemption": str(exemption),
        "treatment": treatment_key(kind, exemption),
        "category": treatment.category,
        "vatex": treatment.vatex,
        "mention": {"fr": treatment.fr, "en": treatment.en},
        "e_invoicing": str(treatment.e_invoicing),
    }
