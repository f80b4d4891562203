"""Limits of one cart, and so of one order."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.availability import Availability
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


def places_missing(wanted: Iterable[tuple[Availability, int]]) -> list[str]:
    """Return one message per line of the cart, in order, "" if its courses have places for the line beside those before
    it. A line for which there are too few places even alone has a reason of its own. No query."""
    taken: dict[int, int] = {}
    reasons = []
    for available, quantity in wanted:
        reason = ""
        fits_alone = available.units_left is None or quantity <= available.units_left
        for each in available.courses if available.places_per_unit else ():
            before = taken.get(each.course.pk, 0)
            taken[each.course.pk] = before + quantity * available.places_per_unit
            if fits_alone and each.places_left is not None and taken[each.course.pk] > each.places_left:
                text = ngettext(
                    "Only one place is left in the course “%(course)s”, for all lines of this cart together.",
                    "Only %(n)d places are left in the course “%(course)s”, for all lines of this cart together.",
                    each.places_left,
                )
                reason = text % {"n": each.places_left, "course": each.course.name}
        reasons.append(reason)
    return reasons
