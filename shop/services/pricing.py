"""What a cart costs now, line by line, and what stands in the way of buying it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import starmap

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from catalog.models import Entry
from catalog.offers import Buyability, Offer, buyability
from catalog.pricing import LinePrice, NoPrice, price_line, tiers_of, total
from catalog.selectors import entries_to_price, shopper_for
from catalog.texts import in_every_language
from handlers.contract import UnitContext
from shop.models import Cart, CartLine
from shop.models.cart import CartLineQuerySet
from shop.services.limits import units_beyond_limit
from shop.services.units import UnitForms, forms_of

EntriesByKey = Callable[[Collection[int]], Mapping[int, Entry]]


@dataclass(frozen=True)
class PricedLine:
    """One line of a cart. `price` is None when the entry has none; `problems` are sentences for the customer."""

    line: CartLine
    offer: Offer
    price: LinePrice | None
    problems: tuple[str, ...]
    needs_sign_in: bool
    units: UnitForms

    @property
    def entry_name(self) -> str:
        return self.line.entry.name

    @property
    def free_units(self) -> int:
        """Units that cost nothing (tutors' seats)."""
        return self.line.quantity - self.price.charged if self.price else 0


@dataclass(frozen=True)
class PricedCart:
    """A cart with its prices, and the version these belong to."""

    cart: Cart
    lines: tuple[PricedLine, ...]
    net: Decimal
    tax: Decimal
    gross: Decimal
    currency: str

    @property
    def version(self) -> int:
        return self.cart.version

    @property
    def contents(self) -> str:
        """A fingerprint of what would be sold: of all that an order line freezes of its entry.

        It changes with the merchant's entry where version and total do not: fewer seats in a pack at the same price.
        """
        sold = [
            [
                line.line.entry_id,
                line.line.quantity,
                in_every_language(line.line.entry, "name"),
                line.line.entry.handler,
                line.offer.parameters,
                [line.price.unit_net, line.price.charged, line.price.tax_rate] if line.price else None,
            ]
            for line in self.lines
        ]
        return hashlib.sha256(json.dumps(sold, sort_keys=True, default=str).encode()).hexdigest()[:32]

    @property
    def has_problems(self) -> bool:
        return any(line.problems for line in self.lines)


def price_cart(cart: Cart, *, user: User | None, now: datetime) -> PricedCart:
    """Prices every line as it would be sold now to this person.

    A constant number of queries, and those of the handlers which ask something about a person signed in.
    """
    return _priced_cart(cart, _with_entries(cart.lines.all(), entries_to_price), user=user, now=now)


def price_open_cart(
    *, token: str | None, user: User | None, now: datetime, entries: EntriesByKey = entries_to_price
) -> PricedCart | None:
    """The same for the open cart of a person or of a visitor's token, found in the query for its lines.

    None where there is no such cart, and where it is empty. `entries` looks the entries up: a page that only shows a
    cart may know them from a moment ago, what is to be sold may not.
    """
    lines = _with_entries(CartLine.objects.in_open_cart(token=token, user=user).select_related("cart"), entries)
    return _priced_cart(lines[0].cart, lines, user=user, now=now) if lines else None


def _with_entries(lines: CartLineQuerySet, entries: EntriesByKey) -> list[CartLine]:
    found = list(lines.order_by("pk"))
    known = entries([line.entry_id for line in found]) if found else {}
    # An entry that is deleted at this moment takes its lines with it.
    there = [line for line in found if line.entry_id in known]
    for line in there:
        line.entry = known[line.entry_id]
    return there


def _priced_cart(cart: Cart, found: list[CartLine], *, user: User | None, now: datetime) -> PricedCart:
    shopper = shopper_for(user or AnonymousUser())
    verdicts = [buyability(entry=line.entry, shopper=shopper, quantity=line.quantity, now=now) for line in found]
    too_many = units_beyond_limit((verdict.offer, line.quantity) for line, verdict in zip(found, verdicts, strict=True))
    forms = forms_of([(line, verdict.offer) for line, verdict in zip(found, verdicts, strict=True)])
    lines = tuple(starmap(_priced, zip(found, verdicts, too_many, forms, strict=True)))
    sums = total(line.price for line in lines if line.price is not None)
    return PricedCart(cart, lines, sums.net, sums.tax, sums.gross, settings.SHOP_CURRENCY)


def _priced(line: CartLine, verdict: Buyability, too_many: str, forms: UnitForms) -> PricedLine:
    offer = verdict.offer
    problems = [str(reason.message) for reason in verdict.reasons]
    if too_many:
        problems.append(too_many)
    return PricedLine(line, offer, _price(line, offer, forms.contexts), tuple(problems), verdict.needs_sign_in, forms)


def _price(line: CartLine, offer: Offer, units: tuple[UnitContext, ...]) -> LinePrice | None:
    charged = offer.handler.charged_units(offer.parameters, units) if offer.handler else line.quantity
    try:
        return price_line(
            tiers=tiers_of(line.entry), quantity=line.quantity, charged=charged, tax_rate=line.entry.tax.rate
        )
    except NoPrice:
        return None
