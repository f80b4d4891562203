"""Draft of an order: all that the order will freeze, described once for the review and for the placing.

`place_order` writes the values of the draft, and the fingerprint is made of the same values: a column added here is
written, and refused when it differs from what was shown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.people.models import User
from common.languages import field_in_every_language
from shop.cart.pricing import PricedCart, PricedLine
from shop.checkout.parties import OrderDetails
from shop.checkout.taxes import taxed_for
from shop.seller.frozen import fingerprint_of, seller_today
from shop.seller.models import LegalText, ShopIdentity

DIGEST_LENGTH = 16


@dataclass(frozen=True)
class Draft:
    """Order as it would be placed now, but for its number and its times.

    `columns` and `lines` are values by the names of the columns of Order and OrderLine; `references` are keys of the
    rows to which the order will refer, None for one that is missing or made with the order; `units` are the answers of
    each line's micro-forms; `beside` is shown with the order and frozen nowhere. `priced` is the cart with the taxes
    that hold for this buyer.
    """

    version: int
    priced: PricedCart
    terms: LegalText | None
    seller: ShopIdentity
    columns: Mapping[str, Any]
    references: Mapping[str, Any]
    lines: tuple[Mapping[str, Any], ...]
    units: tuple[list[Any], ...]
    beside: Mapping[str, Any]

    @property
    def gross(self) -> Decimal:
        gross: Decimal = self.columns["gross"]
        return gross

    @property
    def fingerprint(self) -> str:
        """Digest of each part, `name:digest` joined by commas, so that it can be told what differs."""
        return ",".join(f"{name}:{_digest(value)}" for name, value in self._parts().items())

    def differences(self, fingerprint: str) -> set[str]:
        """Return the names of the parts that differ from those of a fingerprint; all of them if it cannot be read."""
        before = dict(part.split(":", 1) for part in fingerprint.split(",") if ":" in part)
        return {name for name, value in self._parts().items() if before.get(name) != _digest(value)}

    def _parts(self) -> dict[str, Any]:
        lines = {"lines": self.lines, "units": self.units}
        return {**self.columns, **self.references, **lines, **self.beside}


def draft_order(
    *,
    priced: PricedCart,
    details: OrderDetails,
    user: User | None,
    language: str,
    now: datetime,
) -> Draft:
    """Describe the order that a cart makes now. Two queries: terms in force, seller; one more where the buyer or the
    place decides on the tax."""
    terms, seller = LegalText.in_force(LegalText.Kind.TERMS, now), seller_today()
    priced = taxed_for(priced, details, seller_country=str(seller.country), day=timezone.localdate(now))
    return Draft(
        version=priced.version,
        priced=priced,
        terms=terms,
        seller=seller,
        columns={
            "language": language,
            "contact_email": user.email if user else details.email,
            "contact_name": details.contact_name,
            "is_organisation": details.is_organisation,
            "is_public_body": details.is_public_body,
            **details.address.columns(prefix="billing_"),
            "register_number": details.register_number,
            "vat_id": details.vat_id,
            "service_code": details.service_code,
            "commitment_number": details.commitment_number,
            "payer_email": details.payer_email,
            "purchase_reference": details.purchase_reference,
            "currency": priced.currency,
            "net": priced.net,
            "tax": priced.tax,
            "gross": priced.gross,
        },
        references={
            "account": details.account_id,
            "buyer": user.pk if user else None,
            "operator": (details.operator_id or user.pk) if user else None,
            "seller": fingerprint_of(seller),
            "terms": terms.pk if terms else None,
        },
        lines=tuple(_line(line) for line in priced.lines),
        units=tuple([[form.answers, form.field_answers] for form in line.units.forms] for line in priced.lines),
        beside={
            "entry_terms": [field_in_every_language(line.line.entry, "terms") for line in priced.lines],
        },
    )


def _line(priced: PricedLine) -> dict[str, Any]:
    entry, offer, price = priced.line.entry, priced.offer, priced.price
    return {
        "entry_id": entry.pk,
        "entry_code": entry.code,
        "entry_name": field_in_every_language(entry, "name"),
        "quantity": priced.line.quantity,
        "charged": price.charged if price else None,
        "unit_net": price.unit_net if price else None,
        "tax_rate": price.tax_rate if price else None,
        "tax_terms": dict(priced.tax.terms),
        "net": price.net if price else None,
        "tax": price.tax if price else None,
        "gross": price.gross if price else None,
        "handler": entry.handler,
        "handler_version": offer.handler_version if offer.handler else 0,
        "parameters": offer.parameters,
        "fields_frozen": [asked.to_freeze() for asked in priced.units.asked.fields],
    }


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:DIGEST_LENGTH]
