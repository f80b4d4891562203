"""Prices of a cart, line by line, as of now, and the problems that prevent its purchase."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import starmap

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from accounts.people.models import User
from catalog.models.entries import Entry
from catalog.offers import Buyability, Offer, buyability
from catalog.pricing import LinePrice, NoPrice, price_line, tiers_of, total
from catalog.selectors import entries_to_price, shopper_for
from handlers.contract import Units
from shop.cart.limits import units_beyond_limit
from shop.cart.models import Cart, CartLine
from shop.cart.units import UnitForms, forms_of

EntriesByKey = Callable[[Collection[int]], Mapping[int, Entry]]


@dataclass(frozen=True)
class PricedLine:
    """Line of a cart. `price` is None if the entry has no price; `problems` are sentences for the customer."""

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
        """Number of units that cost nothing (tutors' seats)."""
        return self.line.quantity - self.price.charged if self.price else 0


@dataclass(frozen=True)
class PricedLines:
    """Lines of a cart with their prices and totals."""

    lines: tuple[PricedLine, ...]
    net: Decimal
    tax: Decimal
    gross: Decimal
    currency: str

    @property
    def has_problems(self) -> bool:
        return any(line.problems for line in self.lines)


@dataclass(frozen=True)
class PricedCart(PricedLines):
    """Cart with its prices, and the version to which they belong."""

    cart: Cart

    @property
    def version(self) -> int:
        return self.cart.version


def price_cart(cart: Cart, *, user: User | None, now: datetime) -> PricedCart:
    """Price every line as it would be sold now to this person.

    A constant number of queries, besides those of handlers that ask about a person signed in.
    """
    priced = price_lines(list(cart.lines.order_by("pk")), entries=entries_to_price, user=user, now=now)
    return PricedCart(priced.lines, priced.net, priced.tax, priced.gross, priced.currency, cart)


def price_lines(lines: list[CartLine], *, entries: EntriesByKey, user: User | None, now: datetime) -> PricedLines:
    """Like `price_cart`, for lines that are only shown. `entries` looks up their entries; a page may pass remembered
    ones."""
    found = _with_entries(lines, entries)
    shopper = shopper_for(user or AnonymousUser())
    verdicts = [buyability(entry=line.entry, shopper=shopper, quantity=line.quantity, now=now) for line in found]
    too_many = units_beyond_limit((verdict.offer, line.quantity) for line, verdict in zip(found, verdicts, strict=True))
    forms = forms_of([(line, verdict.offer) for line, verdict in zip(found, verdicts, strict=True)])
    priced = tuple(starmap(_priced, zip(found, verdicts, too_many, forms, strict=True)))
    sums = total(line.price for line in priced if line.price is not None)
    return PricedLines(priced, sums.net, sums.tax, sums.gross, settings.SHOP_CURRENCY)


def _with_entries(lines: list[CartLine], entries: EntriesByKey) -> list[CartLine]:
    known = entries([line.entry_id for line in lines]) if lines else {}
    # Deleting an entry deletes its lines; this one is being deleted at this moment.
    there = [line for line in lines if line.entry_id in known]
    for line in there:
        line.entry = known[line.entry_id]
    return there


def _priced(line: CartLine, verdict: Buyability, too_many: str, forms: UnitForms) -> PricedLine:
    offer = verdict.offer
    problems = [str(reason.message) for reason in verdict.reasons]
    if too_many:
        problems.append(too_many)
    return PricedLine(line, offer, _price(line, offer, forms.contexts), tuple(problems), verdict.needs_sign_in, forms)


def _price(line: CartLine, offer: Offer, units: Units) -> LinePrice | None:
    charged = offer.handler.charged_units(offer.parameters, units) if offer.handler else line.quantity
    try:
        return price_line(
            tiers=tiers_of(line.entry), quantity=line.quantity, charged=charged, tax_rate=line.entry.tax.rate
        )
    except NoPrice:
        return None
