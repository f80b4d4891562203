"""Entries on sale that a list of people may begin with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from catalog.availability import availability_of, what_is_sold
from catalog.models.entries import Entry
from catalog.offers import Offer, buyability, offer_of
from catalog.selectors import Shopper, entries_to_price, get_entry
from enrolments.courses.services import find_courses
from enrolments.lists.stock import OnSale
from handlers.contract import Sold
from handlers.faults import HookBroken
from shop.cart.micro_forms import asked_of

# Entries that the page offers; any other one is reached from its own page.
ENTRIES_AT_MOST = 300
PERSON = frozenset({"email", "first_name", "last_name"})


@dataclass(frozen=True)
class Sale:
    """Entry that sells seats for others: each unit is one person with a form of their own, or makes `seats` of which
    people are told later."""

    entry: Entry
    offer: Offer
    sold: Sold
    asks_people: bool
    seats: int = 1

    def units_for(self, people: int) -> int:
        return -(-people // self.seats)

    def on_sale(self) -> OnSale | None:
        """Return the seats sold, None where their course is missing. One statement for a session."""
        code, terms = self.entry.code, self.sold.terms
        if not self.asks_people:
            return OnSale(code, terms, course_list=self.sold.course_list or "")
        course = next(iter(find_courses(self.sold.courses).values()), None)
        return OnSale(code, terms, course=course) if course is not None else None


def sale_of(entry: Entry) -> Sale | None:
    """Return the sale of an entry that sells seats for others, None for any other entry. No query."""
    offer = offer_of(entry)
    sold = what_is_sold(offer) if offer.handler is not None else None
    if offer.handler is None or sold is None:
        return None
    form = asked_of(offer).form_class
    if form is not None:
        asks_people = frozenset(form.base_fields) >= PERSON and len(sold.courses) == 1
        return Sale(entry, offer, sold, asks_people=True) if asks_people else None
    if sold.course_list is None:
        return None
    try:
        return Sale(entry, offer, sold, asks_people=False, seats=max(1, offer.handler.units_made(offer.parameters)))
    except HookBroken:
        return None


def sales_for(shopper: Shopper, *, code: str, now: datetime) -> Mapping[str, Sale]:
    """Return the sales of seats that a person can buy now, by the code of the entry, in the order of the shop; that of
    `code` too, however many stand before it. A constant number of statements."""
    visible = Entry.objects.visible_to(is_staff=shopper.is_staff).exclude(handler="").in_shop_order()
    keys = list(visible.values_list("pk", flat=True)[:ENTRIES_AT_MOST])
    known = entries_to_price(keys)
    entries = [known[key] for key in keys if key in known]
    asked = get_entry(code=code, shopper=shopper) if code else None
    if asked is not None and asked.pk not in known:
        entries.append(asked)
    sales = [sale for entry in entries if (sale := sale_of(entry)) is not None]
    available = availability_of([sale.offer for sale in sales], now=now)
    return {
        sale.entry.code: sale
        for sale, each in zip(sales, available, strict=True)
        if buyability(entry=sale.entry, shopper=shopper, now=now, available=each).can_buy
    }
