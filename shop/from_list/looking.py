"""People against what their account has and what stands in the cart: how many are in stock, and how many to buy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError

from accounts.members.models import CustomerAccount
from common.emails import normalise_email
from enrolments.courses.models import Course
from enrolments.lists.models import ListRow
from enrolments.lists.reading import PersonRow
from enrolments.lists.stock import Looked, OnSale, look_at
from shop.cart.lines import units_of
from shop.cart.models import Cart, CartLine
from shop.from_list.sales import Sale


@dataclass(frozen=True)
class Looking:
    """People and what the shop says of them. `in_cart` are the units of the entry that stand in the cart already, and
    `named` the lines whose people these name; `units` are to be put into it."""

    sale: Sale
    looked: Looked
    in_cart: int
    named: Collection[int]
    units: int

    @property
    def to_buy(self) -> list[ListRow]:
        return [row for row in self.looked.rows if row.line in self.looked.to_buy and row.line not in self.named]

    @property
    def in_stock(self) -> list[ListRow]:
        return [row for row in self.looked.rows if row.line in self.looked.in_stock]

    @property
    def fingerprint(self) -> str:
        """Fingerprint of all that is told: a form made from something else puts nothing into the cart."""
        rows = [
            (
                row.line, row.email, row.first_name, row.last_name, row.course_id, row.role_id, row.verdict,
                row.line in self.looked.to_buy, row.line in self.named,
            )
            for row in self.looked.rows
        ]  # fmt: skip
        told = [self.sale.entry.code, self.units, self.in_cart, rows]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def look(
    *,
    account: CustomerAccount,
    sale: Sale,
    on_sale: OnSale,
    typed: Sequence[PersonRow],
    course: Course | None,
    cart: Cart | None,
    now: datetime,
) -> Looking:
    """Tell of each person whether a seat has to be bought for them, and how many units that takes. Writes nothing. A
    constant number of statements for any number of people."""
    looked = look_at(account=account, typed=typed, on_sale=on_sale, course=course, now=now)
    line = CartLine.objects.filter(cart=cart, entry=sale.entry).first() if cart is not None else None
    in_cart = line.quantity if line is not None else 0
    named: set[int] = set()
    if line is not None and sale.asks_people:
        there = _addresses(unit.answers.get("email") for unit in units_of([line.pk]) if unit.index < in_cart)
        named = {row.line for row in looked.rows if row.line in looked.to_buy and row.address in there}
    people = len(looked.to_buy) - len(named)
    units = max(sale.units_for(people), sale.offer.min_quantity - in_cart) if people else 0
    return Looking(sale, looked, in_cart, named, units)


def _addresses(typed: Iterable[object]) -> set[str]:
    """Return the addresses that can be read, in the spelling in which they are compared."""
    found = set()
    for each in typed:
        try:
            found.add(normalise_email(str(each or "")))
        except ValidationError:
            continue
    return found
