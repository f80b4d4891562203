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

from django.utils.translation import gettext as _

from accounts.people.models import User
from catalog.cancelling import CancelTerms
from common.languages import field_in_every_language
from common.moments import local_day
from shop.cart.pricing import PricedCart, PricedLine
from shop.checkout.errors import CheckoutRefused
from shop.checkout.parties import OrderDetails
from shop.checkout.taxes import taxed_for
from shop.payments.plans.selectors import OfferedPlan, plans_for, seller_and_plans
from shop.seller.frozen import fingerprint_of
from shop.seller.models import LegalText, ShopIdentity

DIGEST_LENGTH = 16


@dataclass(frozen=True)
class Draft:
    """Order as it would be placed now, but for its number and its times.

    `columns` and `lines` are values by the names of the columns of Order and OrderLine; `references` are keys of the
    rows to which the order will refer, None for one that is missing or made with the order; `units` are the answers of
    each line's micro-forms; `beside` is shown with the order and frozen nowhere; `plans` are the plans of payment among
    which the customer chooses. `priced` is the cart with the taxes that hold for this buyer.
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
    plans: tuple[OfferedPlan, ...] = ()

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
        now = {name: _digest(value) for name, value in self._parts().items()}
        return {name for name, digest in now.items() if before.get(name) != digest} | (before.keys() - now.keys())

    def plan(self, key: int | None) -> OfferedPlan | None:
        """Return the plan chosen, None for the total at once. Raises CheckoutRefused for one that is not offered."""
        if key is None:
            return None
        for plan in self.plans:
            if plan.key == key:
                return plan
        raise CheckoutRefused(_("This way to pay is not offered. Choose one of those shown."))

    def _parts(self) -> dict[str, Any]:
        lines = {"lines": self.lines, "units": self.units}
        plans = {"plans": [plan.fingerprint for plan in self.plans]} if self.plans else {}
        return {**self.columns, **self.references, **lines, **self.beside, **plans}


def draft_order(
    *,
    priced: PricedCart,
    details: OrderDetails,
    user: User | None,
    language: str,
    now: datetime,
) -> Draft:
    """Describe the order that a cart makes now. Two queries: terms in force, seller; one more where the buyer or the
    place decides on the tax, and two more if plans of payment are offered."""
    terms, (seller, offers_plans) = LegalText.in_force(LegalText.Kind.TERMS, now), seller_and_plans()
    priced = taxed_for(priced, details, seller=seller, now=now)
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
        plans=_plans(priced, details, now) if offers_plans else (),
    )


def needs_waiver(draft: Draft) -> bool:
    """Tell whether a private buyer has to ask for digital content at once, and so to give up withdrawing from it."""
    return not draft.columns["is_organisation"] and any(line["is_digital_content"] for line in draft.lines)


def is_all_digital(draft: Draft) -> bool:
    return all(line["is_digital_content"] for line in draft.lines)


def _plans(priced: PricedCart, details: OrderDetails, now: datetime) -> tuple[OfferedPlan, ...]:
    entries = [line.line.entry for line in priced.lines]
    day, total, currency = local_day(now), priced.gross, priced.currency
    return tuple(plans_for(entries=entries, buyer=details.buyer, total=total, currency=currency, today=day))


def _line(priced: PricedLine) -> dict[str, Any]:
    entry, offer, price = priced.line.entry, priced.offer, priced.price
    cancel = CancelTerms.of(entry)
    return {
        "entry_id": entry.pk,
        "entry_code": entry.code,
        "entry_name": field_in_every_language(entry, "name"),
        "quantity": priced.line.quantity,
        "charged": price.charged if price else None,
        "unit_net": price.unit_net if price else None,
        "unit_gross": price.unit_gross if price else None,
        "tax_rate": price.tax_rate if price else None,
        "tax_terms": dict(priced.tax.terms),
        "cancel_terms": cancel.to_freeze() if cancel else {},
        "move_days_before": entry.move_days_before,
        "is_digital_content": entry.is_digital_content,
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
