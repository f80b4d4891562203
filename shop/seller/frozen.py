"""Seller as named on an order, and the bank account to which its customer pays.

Papers, pages and mails of an order name the seller as of the placing of the order, whatever the merchant edits
afterwards. Money has to reach an account that is open today: instructions for a payment show the bank details in force,
with the holder's name in force (banks compare the two), and the page says so if they differ from those of the day of
the order. If no IBAN is in force any more, the one frozen with the order counts.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from common.plain_rows import plain_row
from common.remembered import remembered
from shop.orders.models import Order
from shop.seller.models import FrozenSeller, ShopIdentity

FROZEN = (
    "name", "street", "postal_code", "city", "country", "siret", "vat_number", "bank_name", "iban", "bic",
)  # fmt: skip


@dataclass(frozen=True)
class BankDetails:
    """Bank account for a transfer. `is_new`: another account than on the day of the order."""

    holder: str
    bank_name: str
    iban: str
    bic: str
    is_new: bool = False


def freeze_seller(*, seller: ShopIdentity) -> FrozenSeller:
    """Return the row with the seller's current details, created if there is none. One query if there is.

    Locks no existing row; waits for a transaction that is creating the same row.
    """
    values, fingerprint = _values(seller), fingerprint_of(seller)
    frozen = plain_row(FrozenSeller, "WHERE fingerprint = %s", [fingerprint])
    if frozen is not None:
        return frozen
    FrozenSeller.objects.bulk_create([FrozenSeller(fingerprint=fingerprint, **values)], ignore_conflicts=True)
    return FrozenSeller.objects.get(fingerprint=fingerprint)


def fingerprint_of(seller: ShopIdentity) -> str:
    """Return the digest of the seller's details that are frozen with an order."""
    return hashlib.sha256(json.dumps(_values(seller)).encode()).hexdigest()


def seller_of(order: Order) -> FrozenSeller:
    """Return the seller as named on an order.

    An order that the previous release placed during an update has none: the current seller is returned in a row that is
    not stored.
    """
    return order.seller or FrozenSeller(**_values(seller_today()))


def bank_details(order: Order, *, seller: ShopIdentity) -> BankDetails:
    """Return the account to which an order is paid: the seller's current one, else the one frozen with the order."""
    frozen = order.seller
    paid_to = seller if seller.iban or frozen is None else frozen
    return BankDetails(
        holder=paid_to.name,
        bank_name=paid_to.bank_name,
        iban=paid_to.iban,
        bic=paid_to.bic,
        is_new=frozen is not None and bool(frozen.iban) and frozen.iban != paid_to.iban,
    )


def frozen_seller(key: int) -> FrozenSeller:
    """Return a frozen seller by key, which never changes. Raises FrozenSeller.DoesNotExist."""
    return remembered(("frozen seller", key), lambda: FrozenSeller.objects.get(pk=key))


def seller_today() -> ShopIdentity:
    """Return the shop's row, blank and not stored if there is none."""
    return plain_row(ShopIdentity, "WHERE id = 1", []) or ShopIdentity(pk=1)


def _values(seller: ShopIdentity) -> dict[str, str]:
    return {name: str(getattr(seller, name)) for name in FROZEN}
