"""Limits of one cart, and so of one order."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from catalog.offers import NOT_DELIVERED, Offer
from handlers.faults import HookBroken
from shop.cart.micro_forms import asked_of

MAX_QUANTITY = 100_000
# At most so many micro-forms, and so many rows made by delivery, in one cart and so in one order.
MAX_UNITS_WITH_FORMS = 500
MAX_UNITS_MADE = 100_000


def units_beyond_limit(wanted: Iterable[tuple[Offer, int]]) -> list[str]:
    """Return one message per line of the cart, in order, "" if the line fits the limits beside those before it. No
    query if the fields of the entries are loaded."""
    with_forms = made = 0
    reasons = []
    for offer, quantity in wanted:
        asks = bool(asked_of(offer))
        try:
            made_of_one = offer.handler.units_made(offer.parameters) if offer.handler else 1
        except HookBroken:
            reasons.append(str(NOT_DELIVERED))
            continue
        with_forms += quantity if asks else 0
        made += quantity * made_of_one
        if asks and with_forms > MAX_UNITS_WITH_FORMS:
            reason = _("At most %(limit)d units with details at once. Place a second order for the rest.")
            reasons.append(reason % {"limit": MAX_UNITS_WITH_FORMS})
        elif made > MAX_UNITS_MADE:
            reason = _("At most %(limit)d seats at once. Place a second order for the rest.")
            reasons.append(reason % {"limit": MAX_UNITS_MADE})
        else:
            reasons.append("")
    return reasons
