"""Prices of a cart, line by line, as of now, and the problems that prevent its purchase."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.people.models import User
from catalog.availability import availability_of
from catalog.models.entries import Entry
from catalog.offers import NOT_DELIVERED, Buyability, Offer, buyability, offer_of
from catalog.pricing import LinePrice, NoPrice, price_line, priced_together, tiers_of, total
from catalog.selectors import entries_to_price, shopper_for
from catalog.sold_taxes import SoldTax, TaxSum, own_tax, tax_sums
from common.remembered import remembered_each
from handlers.contract import Units
from handlers.faults import HookBroken
from shop.cart.limits import places_missing, units_beyond_limit
from shop.cart.lines import EntriesByKey, lines_of, with_entries
from shop.cart.micro_forms import Asked, Typed
from shop.cart.models import Cart, CartLine
from shop.cart.units import UnitForms, forms_of, typed_of


@dataclass(frozen=True)
class PricedLine:
    """Line of a cart. `price` is None if the entry has no price; `problems` are sentences for the customer; `is_gone`
    tells that nobody can buy the entry at the moment, in whatever quantity; `lacks_places` that its courses are the
    first problem, of which the handler would speak too."""

    line: CartLine
    offer: Offer
    tax: SoldTax
    price: LinePrice | None
    problems: tuple[str, ...]
    needs_sign_in: bool
    units: UnitForms
    is_gone: bool
    lacks_places: bool

    @property
    def entry_name(self) -> str:
        return self.line.entry.name

    @property
    def tax_code(self) -> str:
        return self.tax.key

    @property
    def sold_tax(self) -> SoldTax:
        return self.tax

    @property
    def amounts(self) -> tuple[Decimal, Decimal]:
        """Net and tax; nothing without a price."""
        return (self.price.net, self.price.tax) if self.price else (Decimal(0), Decimal(0))

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

    @property
    def taxes(self) -> list[TaxSum]:
        """Sums of the lines that are taxed alike."""
        return tax_sums(self.lines)

    @property
    def include_tax(self) -> bool:
        """Tell whether pages show its prices with tax, as they were typed."""
        return any(line.price.includes_tax for line in self.lines if line.price)

    @property
    def goes_on_without(self) -> bool:
        """Tell whether an order can be placed once the lines that nobody can buy are removed."""
        return any(line.is_gone for line in self.lines) and any(not line.is_gone for line in self.lines)


@dataclass(frozen=True)
class PricedCart(PricedLines):
    """Cart with its prices, and the version to which they belong."""

    cart: Cart

    @property
    def version(self) -> int:
        return self.cart.version


def price_cart(
    cart: Cart,
    *,
    user: User | None,
    now: datetime,
    lines: list[CartLine] | None = None,
    entries: EntriesByKey = entries_to_price,
) -> PricedCart:
    """Price every line as it would be sold now to this person. `lines` are the cart's, if they were read already, by
    key; for `entries` see `price_lines`.

    A constant number of queries, besides those of handlers that ask about a person signed in.
    """
    found = lines_of(cart) if lines is None else lines
    by_staff = cart.entered_by_id is not None
    return of_cart(cart, price_lines(found, entries=entries, user=user, now=now, by_staff=by_staff))


def of_cart(cart: Cart, priced: PricedLines) -> PricedCart:
    return PricedCart(priced.lines, priced.net, priced.tax, priced.gross, priced.currency, cart)


def entries_lately(keys: Collection[int]) -> Mapping[int, Entry]:
    """Return entries by key as they stood at most FRAME_SECONDS ago, for pages that only show them: the review, where
    the customer decides, and everything posted read current ones."""
    return remembered_each("entries to price", keys, entries_to_price)


def price_lines(
    lines: list[CartLine], *, entries: EntriesByKey, user: User | None, now: datetime, by_staff: bool = False
) -> PricedLines:
    """Like `price_cart`, for lines that are only shown. `entries` looks up their entries; a page may pass remembered
    ones. `by_staff` tells that staff sell them to this person."""
    found = with_entries(lines, entries)
    shopper = shopper_for(user or AnonymousUser(), by_staff=by_staff)
    available = availability_of([offer_of(line.entry) for line in found], now=now, user=user)
    verdicts = [
        buyability(entry=line.entry, shopper=shopper, quantity=line.quantity, now=now, available=each)
        for line, each in zip(found, available, strict=True)
    ]
    too_many = units_beyond_limit((verdict.offer, line.quantity) for line, verdict in zip(found, verdicts, strict=True))
    too_few = places_missing((verdict.available, line.quantity) for line, verdict in zip(found, verdicts, strict=True))
    typed = typed_of([(line, verdict.offer) for line, verdict in zip(found, verdicts, strict=True)])
    limits = [many or few for many, few in zip(too_many, too_few, strict=True)]
    alone = [
        _priced(line, verdict, limit, typed[line.pk], user=user, now=now)
        for line, verdict, limit in zip(found, verdicts, limits, strict=True)
    ]
    return summed(alone)


def summed(alone: Sequence[PricedLine]) -> PricedLines:
    """Return lines that were priced each for itself as those of one order, which are taxed together."""
    lines = tuple(replace(line, price=price) for line, price in zip(alone, priced_together(alone), strict=True))
    sums = total(line.price for line in lines if line.price is not None)
    return PricedLines(lines, sums.net, sums.tax, sums.gross, settings.SHOP_CURRENCY)


def _priced(
    line: CartLine, verdict: Buyability, limit: str, typed: dict[int, Typed], *, user: User | None, now: datetime
) -> PricedLine:
    offer, tax = verdict.offer, own_tax(line.entry, timezone.localdate(now))
    problems = [str(reason.message) for reason in verdict.reasons]
    if limit:
        problems.append(limit)
    try:
        forms = forms_of(line, offer, typed, user=user, now=now)
        price = _price(line, offer, forms.contexts, tax.rate)
    except HookBroken:
        # The line can be removed and no more; the others are sold.
        price, forms = None, UnitForms(line, Asked(), {})
        problems.append(str(NOT_DELIVERED))
    return PricedLine(
        line,
        offer,
        tax,
        price,
        tuple(dict.fromkeys(problems)),
        verdict.needs_sign_in,
        forms,
        is_gone=verdict.is_gone,
        lacks_places=verdict.is_about_courses,
    )


def _price(line: CartLine, offer: Offer, units: Units, tax_rate: Decimal) -> LinePrice | None:
    charged = offer.handler.charged_units(offer.parameters, units) if offer.handler else line.quantity
    try:
        return price_line(tiers=tiers_of(line.entry), quantity=line.quantity, charged=charged, tax_rate=tax_rate)
    except NoPrice:
        return None
