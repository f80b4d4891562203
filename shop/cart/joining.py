"""Joining of a visitor's cart with the one that the person has already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from catalog.models.entries import Entry
from catalog.offers import Offer, offer_of
from catalog.selectors import entries_to_price
from shop.cart.limits import units_beyond_limit
from shop.cart.micro_forms import MicroForm, Names, Typed, asked_of, version_of
from shop.cart.models import Cart, CartLine, CartUnit


@dataclass(frozen=True)
class LineJoined:
    """Line of the visitor in the person's cart. `units_kept` were typed in either cart; `units_waiting` of them have no
    unit left and come back with a larger quantity. `was_in_both`: the person had this entry already."""

    entry: Entry
    quantity: int
    was_in_both: bool = False
    units_kept: int = 0
    units_waiting: int = 0


@dataclass(frozen=True)
class Joined:
    """Cart of a person after a sign-in, and the lines that it took over from a visitor's; none if it was all theirs."""

    cart: Cart
    lines: tuple[LineJoined, ...] = ()


def join_lines(*, own: Cart, visitor: Cart, most_lines: int) -> tuple[tuple[LineJoined, ...], int]:
    """Move the lines of one locked cart into another as far as its limits allow; return the lines moved, and the number
    of those left behind."""
    mine = {line.entry_id: line for line in own.lines.order_by("pk").prefetch_related("units")}
    coming = list(visitor.lines.order_by("pk").prefetch_related("units"))
    entries = entries_to_price({*mine, *(line.entry_id for line in coming)})
    joined, waiting = [], 0
    for line in coming:
        held = mine.get(line.entry_id)
        beside = [(offer_of(entries[pk]), each.quantity) for pk, each in mine.items() if each is not held]
        # A line that takes the cart over the unit limit still joins and is shown with a problem; later sign-ins add no
        # more.
        if held is None and (len(beside) >= most_lines or any(units_beyond_limit(beside))):
            waiting += 1
            continue
        told = LineJoined(entries[line.entry_id], line.quantity)
        if held is not None:
            told = _join_units(line, held, offer_of(entries[line.entry_id]), beside)
            held.delete()
        CartLine.objects.filter(pk=line.pk).update(cart=own)
        mine[line.entry_id] = line
        joined.append(told)
    return tuple(joined), waiting


def _join_units(line: CartLine, held: CartLine, offer: Offer, beside: list[tuple[Offer, int]]) -> LineJoined:
    """Put the units typed in the person's line into blank units of the visitor's, then behind them, and raise its
    quantity as far as needed and allowed."""
    ours, ours_waiting = _typed(line, offer)
    theirs, theirs_waiting = _typed(held, offer)
    known = {version_of(typed) for typed in ours.values()}
    more = [typed for typed in theirs.values() if version_of(typed) not in known]
    kept = len(ours) + len(more)
    quantity = _allowed(kept, max(line.quantity, held.quantity), offer, beside)
    CartUnit.objects.filter(line=line.pk, index__gte=line.quantity).delete()
    to_place = [*more, *ours_waiting.values(), *theirs_waiting.values()]
    free = (index for index in range(quantity + len(ours) + len(to_place)) if index not in ours)
    CartUnit.objects.bulk_create(
        [
            CartUnit(line=line, index=index, answers=typed.answers, fields=typed.fields)
            for index, typed in zip(free, to_place, strict=False)
        ],
        update_conflicts=True,
        unique_fields=("line", "index"),
        update_fields=("answers", "fields"),
    )
    is_as_confirmed = line.units_confirmed and not more and quantity == line.quantity
    CartLine.objects.filter(pk=line.pk).update(quantity=quantity, units_confirmed=is_as_confirmed)
    line.quantity = quantity
    return LineJoined(offer.entry, quantity, was_in_both=True, units_kept=kept, units_waiting=max(kept - quantity, 0))


def _typed(line: CartLine, offer: Offer) -> tuple[dict[int, Typed], dict[int, Typed]]:
    """Return the input of units in which something was typed, by index: those within the quantity, and those beyond
    it, which wait."""
    asked = asked_of(offer)
    rows: Iterable[CartUnit] = line.units.all() if asked else ()
    all_typed = {row.index: Typed(row.answers, row.fields) for row in rows}
    typed = {index: each for index, each in all_typed.items() if not MicroForm(asked, each, Names()).is_blank}
    within = {index: each for index, each in typed.items() if index < line.quantity}
    return within, {index: each for index, each in typed.items() if index not in within}


def _allowed(wanted: int, least: int, offer: Offer, beside: list[tuple[Offer, int]]) -> int:
    """Return the largest quantity up to `wanted` that the limits allow; never less than `least`, which is in a cart."""
    most = wanted if offer.max_quantity is None else min(wanted, offer.max_quantity)
    fits = (quantity for quantity in range(most, least, -1) if not units_beyond_limit([*beside, (offer, quantity)])[-1])
    return next(fits, least)
