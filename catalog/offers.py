"""Offers: an entry and its handler taken together, and the reasons why a shopper may not buy."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalog.availability import Availability, availability_of
from catalog.models.entries import Audience, Entry, EntryState
from catalog.pricing import NoPrice, tier_for, tiers_of
from catalog.reasons import Reason, ReasonCode, too_few_places
from catalog.selectors import Shopper
from handlers.contract import Handler, HandlerMissing, Text, in_words
from handlers.faults import HookBroken
from handlers.registry import handler_for

# For an entry that asks nothing for each unit, unless the merchant has typed a largest quantity. For the others
# the cart has a limit of its own, which is lower.
DEFAULT_MAX_QUANTITY = 1_000

NOT_DELIVERED = _("This cannot be delivered for the moment, so it is not sold. Please contact us.")

_WIDEST_FIRST = (Audience.EVERYONE, Audience.MEMBERS, Audience.CUSTOMERS)


# Reasons that another person or another quantity would not meet.
OF_ONE_PURCHASE = frozenset(
    {
        ReasonCode.INTERNAL,
        ReasonCode.SIGN_IN,
        ReasonCode.CUSTOMERS_ONLY,
        ReasonCode.NOT_FOR_YOU,
        ReasonCode.TOO_FEW,
        ReasonCode.TOO_MANY,
        ReasonCode.TOO_FEW_PLACES,
    }
)

# Reasons that a handler has, too, once it looks at the courses under their locks.
OF_COURSES = frozenset(
    {
        ReasonCode.COURSE_MISSING,
        ReasonCode.COURSE_OVER,
        ReasonCode.COURSE_HIDDEN,
        ReasonCode.COURSE_CLOSED,
        ReasonCode.COURSE_NOT_YET,
        ReasonCode.COURSE_FULL,
        ReasonCode.PERIOD_OVER,
        ReasonCode.TOO_FEW_PLACES,
    }
)


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


@dataclass(frozen=True, slots=True)
class Buyability:
    """Buyability of one entry for one shopper: every reason against it."""

    offer: Offer
    available: Availability
    reasons: tuple[Reason, ...]

    @property
    def can_buy(self) -> bool:
        return not self.reasons

    @property
    def is_gone(self) -> bool:
        """Tell whether nobody can buy the entry at the moment, in whatever quantity."""
        return any(reason.code not in OF_ONE_PURCHASE for reason in self.reasons)

    @property
    def is_about_courses(self) -> bool:
        """Tell whether the first reason is the state of the courses, which a handler refuses under their locks too."""
        return bool(self.reasons) and self.reasons[0].code in OF_COURSES

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


def buyability(
    *,
    entry: Entry,
    shopper: Shopper,
    now: datetime,
    quantity: int | None = None,
    available: Availability | None = None,
) -> Buyability:
    """Return every reason why ``shopper`` cannot buy ``entry`` (in this quantity, if one is given).

    Rules about a person are asked of a signed-in person only; for anybody else an audience rule
    asks for sign-in. Asking the handler may cost queries, so lists of entries do not call this. ``available`` is asked
    of the courses here, at two queries at most, unless the caller has asked for several entries at once.
    """
    offer = offer_of(entry)
    if available is None:
        [available] = availability_of([offer], now=now, user=shopper.user)
    reasons = [*_reasons_of_state(offer, shopper), *obstacles(offer, available)]
    if not reasons:
        reasons += _reasons_of_person(offer, shopper, now)
    if quantity is not None:
        reasons += _reasons_of_quantity(offer, available, quantity)
    return Buyability(offer, available, tuple(reasons))


def obstacles(offer: Offer, available: Availability) -> list[Reason]:
    """Return the reasons why nobody can buy what an offer sells, whatever the state of its entry."""
    if not offer.is_installed:
        return [
            Reason(
                ReasonCode.NO_HANDLER,
                NOT_DELIVERED,
            )
        ]
    try:
        tier_for(tiers_of(offer.entry), offer.min_quantity)
    except NoPrice:
        return [Reason(ReasonCode.NO_PRICE, _("This has no price yet. Please contact us."))]
    if not offer.entry.tax.is_decided:
        return [Reason(ReasonCode.TAX_UNDECIDED, _("This is not on sale for the moment."))]
    return [available.reason] if available.reason else []


def _reasons_of_state(offer: Offer, shopper: Shopper) -> Iterator[Reason]:
    state = offer.entry.state
    if state == EntryState.DRAFT:
        yield Reason(ReasonCode.DRAFT, _("This is a draft. It is not on sale yet."))
    elif state == EntryState.RETIRED:
        yield Reason(ReasonCode.RETIRED, _("This is no longer sold."))
    elif state == EntryState.SUSPENDED:
        yield Reason(ReasonCode.SUSPENDED, _("This is not on sale for the moment."))
    elif state == EntryState.INTERNAL and not shopper.is_staff:
        yield Reason(ReasonCode.INTERNAL, _("This is sold by our team only. Please contact us."))


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
            yield Reason(ReasonCode.NOT_FOR_YOU, offer.handler.why_not_offered)
    except HookBroken:
        yield Reason(ReasonCode.HANDLER_FAILS, NOT_DELIVERED)


def _reasons_of_quantity(offer: Offer, available: Availability, quantity: int) -> Iterator[Reason]:
    least, most = offer.min_quantity, offer.max_quantity
    if quantity < least:
        yield Reason(ReasonCode.TOO_FEW, in_words(lambda: _("The smallest quantity is %(n)d.") % {"n": least}))
    if most is not None and quantity > most:
        yield Reason(ReasonCode.TOO_MANY, in_words(lambda: _("The largest quantity is %(n)d.") % {"n": most}))
    if available.reason is None and available.units_left is not None and quantity > available.units_left:
        yield too_few_places(available.places_left or 0)
