"""Look of papers, and the seller's own words on them, from the seller's row, in the active language."""

from __future__ import annotations

from common.languages import reader_language
from documents.invoices.values import Look
from shop.seller.models import ShopIdentity


def look_of(seller: ShopIdentity) -> Look:
    """Return the look of the seller's papers."""
    return Look(accent=seller.accent, footer=words_of(seller, "footer"), logo=seller.papers_logo)


def payment_terms(seller: ShopIdentity) -> list[str]:
    """Return the seller's own words about when and how to pay, if there are any."""
    said = words_of(seller, "payment_terms")
    return [said] if said else []


def words_of(seller: ShopIdentity, name: str) -> str:
    """Return the seller's words of a name, such as `penalties`; "" where the usual ones hold."""
    return str(getattr(seller, f"{name}_{reader_language()}")).strip()
