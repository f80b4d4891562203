"""Seller and buyer whose invoices can be issued."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from common.moments import local_day
from documents.series.models import Series
from documents.series.services import locked_series
from shop.seller.models import ShopIdentity

SIRET = "73282932000074"
SELLER = {
    "name": "Formations Amphi", "street": "12 rue des Écoles", "postal_code": "69001", "city": "Lyon",
    "siret": SIRET, "vat_number": "FR44732829320", "support_email": "aide@amphi.example",
    "legal_line": "SAS au capital de 10 000 €, RCS Lyon 732 829 320", "activity_number": "82 69 12345 69",
    "iban": "FR7630006000011234567890189", "bic": "AGRIFRPP",
}  # fmt: skip


def complete_seller() -> ShopIdentity:
    """Give the shop's seller all that an invoice must say."""
    row = ShopIdentity.current()
    for name, value in SELLER.items():
        setattr(row, name, value)
    row.save()
    return row


def begin_series() -> None:
    """Begin this year's invoices, which the first one of a year does otherwise."""
    with transaction.atomic():
        locked_series(Series.Sequence.INVOICE, day=local_day(timezone.now()))
