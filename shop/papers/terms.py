"""Look of papers, and the terms that they tell, from the seller's row; the usual terms where the seller says none."""

from __future__ import annotations

from django.utils.translation import gettext as _

from documents.invoices.values import Look, Terms
from shop.seller.models import ShopIdentity


def look_of(seller: ShopIdentity, *, language: str) -> Look:
    """Return the look of the seller's papers in a language."""
    return Look(accent=seller.accent, footer=_said(seller, "footer", language), logo=seller.papers_logo)


def between_professionals(seller: ShopIdentity, *, language: str) -> Terms:
    """Return the terms that bind professionals (code de commerce L441-9, L441-10, D441-5), in the active language."""
    usual_penalties = _("Late payment penalties: three times the legal interest rate")
    return Terms(
        recovery=_("Flat charge for the costs of recovery in case of late payment: €40"),
        penalties=_said(seller, "penalties", language) or usual_penalties,
        discount=_said(seller, "discount", language) or _("No discount for early payment"),
    )


def payment_terms(seller: ShopIdentity, *, language: str) -> list[str]:
    """Return the seller's own words about when and how to pay, if there are any."""
    said = _said(seller, "payment_terms", language)
    return [said] if said else []


def _said(seller: ShopIdentity, name: str, language: str) -> str:
    return str(getattr(seller, f"{name}_{language}")).strip()
