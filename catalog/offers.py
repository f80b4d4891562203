"""Offers: an entry and its handler taken together, and the reasons why a shopper may not buy."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalog.models.entries import Audience, Entry, EntryState
from catalog.pricing import NoPrice, tier_for, tiers_of
from catalog.selectors import Shopper
from handlers.contract import Handler, HandlerMissing, Text, in_words
from handlers.faults import HookBroken
from handlers.registry import handler_for

# For an entry that asks nothing for each unit, unless the merchant has typed a largest quantity. For the others
# the cart has a limit of its own, which is lower.
DEFAULT_MAX_QUANTITY = 1_000

NOT_DELIVERED = _("This cannot be delivered for the moment, so it is not sold. Please contact us.")

_WIDEST_FIRST = (Audience.EVERYONE, Audience.MEMBERS, Audience.CUSTOMERS)


@dataclass(frozen=True, slots=True)
class Offer:
    """The stricter of entry and handler, with the parameters as today's handler reads them.

    ``handler`` is None when nothing is delivered; ``is_installed`` is False when the handler is missing or cannot read
    the parameters, and then the entry cannot be sold.
    """

    entry: Entry
    handler: Handler | None
    is_installed: bool
    handler_version: int
    parameters: dict[str, Any]
    min_quantity: int
    max_quantity: int | None
    audience: Audience


class ReasonCode(StrEnum):
    """Reasons why an entry cannot be bought; stable, for code and tests."""

    DRAFT = "draft"
    INTERNAL = "internal"
    SUSPENDED = "suspended"
    RETIRED = "retired"
    NO_PRICE = "no_price"
    NO_HANDLER = "no_handler"
    BROKEN_HANDLER = "broken_handler"
    SIGN_IN = "sign_in"
    CUSTOMERS_ONLY = "customers_only"
    NOT_FOR_YOU = "not_for_you"
    TOO_FEW = "too_few"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, with a sentence for the shopper."""

    code: ReasonCode
    message: Text


@dataclass(frozen=True, slots=True)
class Buyability:
    """Buyability of one entry for one shopper: every reason against it."""

    offer: Offer
    reasons: tuple[Reason, ...]

    @property
    def can_buy(self) -> bool:
        return not self.reasons

    @property
    def needs_sign_in(self) -> bool:
        """Tell whether signing in may be all that is missing."""
        return any(reason.code is ReasonCode.SIGN_IN for reason in self.reasons)

    @property
    def message(self) -> Text:
        """First reason, "" when there is none."""
        return self.reasons[0].message if self.reasons else ""


def offer_of(entry: Entry) -> Offer:
    """Return the offer of an entry. No query."""
    handler, is_installed, parameters = None, True, dict(entry.parameters)
    if entry.handler:
        try:
            handler = handler_for(entry.handler, entry.code)
            if handler is not None and entry.handler_version < handler.version:
                parameters = handler.upgrade(parameters, entry.handler_version)
        except (HandlerMissing, HookBroken):
            handler, is_installed = None, False
    if handler is None:
        return Offer(
            entry=entry,
            handler=None,
            is_installed=is_installed,
            handler_version=entry.handler_version,
            parameters=parameters,
            min_quantity=entry.min_quantity,
            max_quantity=_max_quantity(entry, None),
            audience=Audience(entry.audience),
        )
    return Offer(
        entry=entry,
        handler=handler,
        is_installed=True,
        handler_version=handler.version,
        parameters=parameters,
        min_quantity=entry.min_quantity,
        max_quantity=_max_quantity(entry, handler),
        audience=max(Audience(entry.audience), Audience(handler.audience), key=_WIDEST_FIRST.index),
    )


def _max_quantity(entry: Entry, handler: Handler | None) -> int | None:
    limits = [entry.max_quantity, handler.max_quantity if handler else None]
    if entry.max_quantity is None and (handler is None or handler.UnitForm is None):
        # A smallest quantity of two thousand rules out the default limit of one thousand.
        limits.append(max(DEFAULT_MAX_QUANTITY, entry.min_quantity))
    return min((limit for limit in limits if limit is not None), default=None)


def buyability(*, entry: Entry, shopper: Shopper, now: datetime, quantity: int | None = None) -> Buyability:
    """Return every reason why ``shopper`` cannot buy ``entry`` (in this quantity, if one is given).

    Rules about a person are asked of a signed-in person only; for anybody else an audience rule
    asks for sign-in. Asking the handler may cost queries, so lists of entries do not call this.
    """
    offer = offer_of(entry)
    reasons = [*_reasons_of_sale(offer, shopper)]
    if not reasons:
        reasons += _reasons_of_person(offer, shopper, now)
    if quantity is not None:
        reasons += _reasons_of_quantity(offer, quantity)
    return Buyability(offer, tuple(reasons))


def _reasons_of_sale(offer: Offer, shopper: Shopper) -> Iterator[Reason]:
    state = offer.entry.state
    if state == EntryState.DRAFT:
        yield Reason(ReasonCode.DRAFT, _("This is a draft. It is not on sale yet."))
    elif state == EntryState.RETIRED:
        yield Reason(ReasonCode.RETIRED, _("This is no longer sold."))
    elif state == EntryState.SUSPENDED:
        yield Reason(ReasonCode.SUSPENDED, _("This is not on sale for the moment."))
    elif state == EntryState.INTERNAL and not shopper.is_staff:
        yield Reason(ReasonCode.INTERNAL, _("This is sold by our team only. Please contact us."))
    if not offer.is_installed:
        yield Reason(ReasonCode.NO_HANDLER, NOT_DELIVERED)
    try:
        tier_for(tiers_of(offer.entry), offer.min_quantity)
    except NoPrice:
        yield Reason(ReasonCode.NO_PRICE, _("This has no price yet. Please contact us."))


def _reasons_of_person(offer: Offer, shopper: Shopper, now: datetime) -> Iterator[Reason]:
    # Staff sell an internal entry on behalf of the shop: its audience does not bind staff.
    for_audience = offer.entry.state != EntryState.INTERNAL and offer.audience != Audience.EVERYONE
    if shopper.user is None:
        if for_audience and offer.audience == Audience.MEMBERS:
            yield Reason(ReasonCode.SIGN_IN, _("Please sign in to buy this."))
        elif for_audience:
            yield Reason(ReasonCode.SIGN_IN, _("This is for our customers. Please sign in to buy it."))
        return
    if for_audience and offer.audience == Audience.CUSTOMERS and not shopper.is_customer:
        yield Reason(
            ReasonCode.CUSTOMERS_ONLY, _("This is for customers who have paid an order before. Please contact us.")
        )
    try:
        if offer.handler and not offer.handler.is_offered_to(offer.parameters, shopper.user, now=now):
            yield Reason(ReasonCode.NOT_FOR_YOU, _("You have this already, so you cannot buy it again."))
    except HookBroken:
        yield Reason(ReasonCode.BROKEN_HANDLER, NOT_DELIVERED)


def _reasons_of_quantity(offer: Offer, quantity: int) -> Iterator[Reason]:
    least, most = offer.min_quantity, offer.max_quantity
    if quantity < least:
        yield Reason(ReasonCode.TOO_FEW, in_words(lambda: _("The smallest quantity is %(n)d.") % {"n": least}))
    if most is not None and quantity > most:
        yield Reason(ReasonCode.TOO_MANY, in_words(lambda: _("The largest quantity is %(n)d.") % {"n": most}))
