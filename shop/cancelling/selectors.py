"""Units of an order that its account may cancel now: nobody has them, and the terms as sold allow it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from catalog.cancelling import CancelTerms
from catalog.pricing import ZERO
from common.moments import local_day
from enrolments.courses.services import find_courses
from enrolments.grounds.models import Ground
from enrolments.seats.models import Seat, SeatState
from handlers.contract import LineContext, Refusal
from shop.orders.contexts import handler_of, line_contexts
from shop.orders.giving_back.units import units_given_back
from shop.orders.giving_back.worth import proposed_for
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order


@dataclass(frozen=True)
class Offer:
    """Line of which units may be cancelled: their indexes, the terms, the last day for it (None for no limit), and its
    context."""

    line: OrderLine
    terms: CancelTerms
    units: tuple[int, ...]
    until: date | None
    context: LineContext

    @property
    def is_open(self) -> bool:
        return bool(self.units)


@dataclass(frozen=True)
class Cost:
    """Amounts for units to be cancelled, tax included: their price, the part kept, and the rest, which goes back."""

    price: Decimal
    kept: Decimal

    @property
    def back(self) -> Decimal:
        return self.price - self.kept


def offers_for(order_id: int, *, now: datetime) -> list[Offer]:
    """Return an offer for each line with terms, those without a unit to cancel included; none for an order that is not
    paid. A constant number of queries."""
    order = Order.objects.select_related("account", "buyer", "operator").get(pk=order_id)
    if not order.may_be_given_back:
        return []
    lines = [line for line in order.lines.order_by("position") if line.cancel_terms and line.may_be_given_back]
    if not lines:
        return []
    contexts = line_contexts(order, lines, now=now)
    busy, gone, first_days = _busy_units(lines), units_given_back(lines), _first_days(lines, contexts)
    offers = []
    for line in lines:
        terms = CancelTerms.frozen(line.cancel_terms)
        if terms is None:
            continue
        until = _until(order, terms, first_days.get(line.pk))
        is_over = bool(line.frozen_for) or (until is not None and local_day(now) > until)
        free = (index for index in range(line.quantity) if index not in gone[line.pk] and index not in busy[line.pk])
        offers.append(Offer(line, terms, () if is_over else tuple(free), until, contexts[line.pk]))
    return offers


def chosen_units(offers: Iterable[Offer], counts: Mapping[int, int]) -> dict[int, list[int]]:
    """Return the units that stand for so many of each line, by line id: the last ones. Of a line with fewer free units
    than that there is none."""
    wanted = {offer.line.pk: (offer, counts.get(offer.line.pk, 0)) for offer in offers}
    return {
        line_id: list(offer.units[-count:])
        for line_id, (offer, count) in wanted.items()
        if 0 < count <= len(offer.units)
    }


def cost_of(offers: Iterable[Offer], units: Mapping[int, list[int]]) -> Cost:
    """Return the amounts for some units of these lines. One query."""
    offered = [offer for offer in offers if offer.line.pk in units]
    contexts = {offer.line.pk: offer.context for offer in offered}
    chosen = {offer.line.pk: offer.context.units.among(units[offer.line.pk]) for offer in offered}
    proposed = proposed_for([offer.line for offer in offered], contexts, chosen)
    price = kept = ZERO
    for offer in offered:
        worth = proposed[offer.line.pk].worth
        price += worth
        kept += offer.terms.kept_of(worth, len(units[offer.line.pk]))
    return Cost(price, kept)


def _busy_units(lines: Iterable[OrderLine]) -> defaultdict[int, set[int]]:
    """Return the units of lines that somebody has, or that belong to another account by now, by line id."""
    lines = list(lines)
    keys = [line.pk for line in lines]
    seats = Seat.objects.filter(batch__line_id__in=keys).exclude(
        state=SeatState.AVAILABLE, account__in=[line.account_id for line in lines]
    )
    busy: defaultdict[int, set[int]] = defaultdict(set)
    for line_id, index in seats.order_by().values_list("batch__line_id", "unit_index"):
        busy[line_id or 0].add(-1 if index is None else index)
    entered = Ground.objects.live().filter(
        line_id__in=keys, kind=Ground.Kind.LINE, enrolment__first_entered_at__isnull=False
    )
    for line_key, unit in entered.order_by().values_list("line_id", "unit_index"):
        busy[line_key or 0].add(unit or 0)
    return busy


def _first_days(lines: Iterable[OrderLine], contexts: Mapping[int, LineContext]) -> dict[int, date]:
    """Return the first day of the earliest course that each line was sold for, by line id. One query."""
    named: dict[int, set[str]] = {}
    for line in lines:
        with suppress(Refusal):
            handler = handler_of(line)
            if handler is not None:
                named[line.pk] = set(handler.courses_to_lock(contexts[line.pk].parameters))
    courses = find_courses({name for names in named.values() for name in names})
    days = {
        line_id: [courses[name].first_day for name in names if name in courses and courses[name].first_day]
        for line_id, names in named.items()
    }
    return {line_id: min(day for day in found if day) for line_id, found in days.items() if found}


def _until(order: Order, terms: CancelTerms, first_day: date | None) -> date | None:
    limits = []
    if terms.days_after is not None and order.paid_at is not None:
        limits.append(local_day(order.paid_at) + timedelta(days=terms.days_after))
    if terms.days_before is not None and first_day is not None:
        limits.append(first_day - timedelta(days=terms.days_before))
    return min(limits, default=None)
