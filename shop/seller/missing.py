"""Details of the seller and legal texts that the shop must publish and has not yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db import models

from billing.taxes.deciding import Supply
from billing.taxes.kinds import Exemption, TaxKind
from catalog.models.entries import ON_SALE, Entry
from shop.seller.models import LegalText, ShopIdentity

# Kinds of codes under which no VAT is charged, by the seller or by their buyers.
WITHOUT_VAT = (TaxKind.EXEMPT, TaxKind.FRANCHISE, TaxKind.OUTSIDE)
# Sold to organisations elsewhere in the Union, these are taxed by reverse charge.
ONLINE = (Supply.LIVE, Supply.ON_DEMAND)


@dataclass(frozen=True)
class Missing:
    """Labels of the seller's empty fields, and kinds of legal texts without a version in force."""

    seller: tuple[str, ...]
    texts: tuple[LegalText.Kind, ...]

    def __bool__(self) -> bool:
        return bool(self.seller or self.texts)


def missing_from_the_shop(*, now: datetime) -> Missing:
    """Return the details and texts missing at the moment `now`. Three queries; the seller's row need not exist."""
    seller = ShopIdentity.objects.filter(pk=1).first() or ShopIdentity(pk=1)
    in_force = set(LegalText.objects.filter(published_at__lte=now).order_by().values_list("kind", flat=True).distinct())
    return Missing(
        seller=tuple(_label(name) for name in _needed() if not getattr(seller, name)),
        texts=tuple(kind for kind in LegalText.Kind if kind not in in_force),
    )


def _needed() -> Iterator[str]:
    """Yield the fields that the shop or its papers must show, by how what is on sale is taxed."""
    on_sale = Entry.objects.filter(state__in=ON_SALE).order_by()
    taxed = set(on_sale.values_list("tax__kind", "tax__exemption", "supply").distinct())
    yield from ("name", "street", "postal_code", "city", "country", "siret")
    if not taxed or not all(kind in WITHOUT_VAT and supply not in ONLINE for kind, _reason, supply in taxed):
        yield "vat_number"
    yield "legal_line"
    if any(exemption == Exemption.TRAINING for _kind, exemption, _supply in taxed):
        yield "activity_number"
    yield from ("iban", "support_email")


def _label(name: str) -> str:
    return str(cast("models.Field[Any, Any]", ShopIdentity._meta.get_field(name)).verbose_name)
