"""Details of the seller and legal texts that the shop must publish and has not yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shop.seller.models import LegalText, ShopIdentity


@dataclass(frozen=True)
class Missing:
    """Labels of the seller's empty fields, and kinds of legal texts without a version in force."""

    seller: tuple[str, ...]
    texts: tuple[LegalText.Kind, ...]

    def __bool__(self) -> bool:
        return bool(self.seller or self.texts)


def missing_from_the_shop(*, now: datetime) -> Missing:
    """Return the details and texts missing at the moment `now`. Two queries; the seller's row need not exist."""
    seller = ShopIdentity.objects.filter(pk=1).first() or ShopIdentity(pk=1)
    in_force = set(LegalText.objects.filter(published_at__lte=now).order_by().values_list("kind", flat=True).distinct())
    return Missing(
        seller=tuple(seller.missing()),
        texts=tuple(kind for kind in LegalText.Kind if kind not in in_force),
    )
