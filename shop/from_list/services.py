"""A list of people put into the cart, with what of it is for the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from common.refusals import Refused
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.lists.drafts import make_list
from enrolments.lists.models import ListRow, PeopleList
from enrolments.lists.reading import PersonRow
from enrolments.lists.stock import OnSale
from shop.cart.models import Cart
from shop.cart.services import add_to_cart, lock_open_cart, save_units
from shop.from_list.looking import Looking, look
from shop.from_list.sales import Sale


class ListChanged(Refused):
    """Refusal when the list, the seats or the cart are no longer those that the page showed."""

    code = "from_list_changed"
    message = _("The list, your seats or your cart have changed meanwhile. Look at what would happen now.")


@dataclass(frozen=True)
class Put:
    """Cart with the units put into it, and the lists that wait at the desk."""

    cart: Cart
    looking: Looking
    lists: list[PeopleList]


@transaction.atomic
def put_list_into_cart(
    *,
    account: CustomerAccount,
    operator: User,
    sale: Sale,
    on_sale: OnSale,
    typed: Sequence[PersonRow],
    course: Course | None,
    seen: str,
    token: str | None,
    language: str,
    in_place_of: tuple[int, int] | None = None,
    now: datetime,
) -> Put:
    """Put a unit into the cart for each person who needs a seat, with their form filled in where the entry has one, and
    keep the people for whom seats are there, or will be, as drafts of lists at the desk.

    `seen` is the fingerprint that the page showed; `in_place_of` is like that of `make_list`. Locks the cart, then
    the list replaced. Raises ListChanged, CartRefused, ListMoved; then nothing is kept.
    """
    cart = lock_open_cart(token=token, user=operator)
    looking = look(account=account, sale=sale, on_sale=on_sale, typed=typed, course=course, cart=cart, now=now)
    if looking.fingerprint != seen:
        raise ListChanged
    if looking.units:
        _buy(cart, looking, operator, now)
    lists = []
    for group, rows in _for_the_desk(looking, typed).items():
        made = make_list(
            account=account,
            operator=operator,
            rows=rows,
            entry_code="" if group is not None else sale.entry.code,
            group=group,
            course=on_sale.course or course,
            language=language,
            in_place_of=in_place_of,
            now=now,
        )
        lists.append(made)
        in_place_of = None
    return Put(cart, looking, lists)


def _buy(cart: Cart, looking: Looking, buyer: User, now: datetime) -> None:
    line = add_to_cart(cart=cart, entry=looking.sale.entry, quantity=looking.units, user=buyer, now=now)
    if looking.sale.asks_people:
        answers = {looking.in_cart + place: _answers(row) for place, row in enumerate(looking.to_buy)}
        save_units(cart=cart, line_id=line.pk, answers=answers)


def _answers(row: ListRow) -> dict[str, Any]:
    role = row.role.code if row.role is not None else Role.STUDENT
    return {"role": role, "email": row.address, "first_name": row.first_name, "last_name": row.last_name}


def _for_the_desk(looking: Looking, typed: Sequence[PersonRow]) -> Mapping[CourseGroup | None, list[PersonRow]]:
    """Return the people for each list at the desk, by the session whose seats it uses: those for whom a session has
    seats; or the whole list where the seats make no difference between people, to be placed once they are there."""
    if not looking.sale.asks_people:
        return {None: [*typed]} if looking.looked.to_buy or looking.looked.in_stock else {}
    lines = {row.line: row for row in typed}
    by_group: dict[CourseGroup | None, list[PersonRow]] = {}
    for line, group in looking.looked.in_stock.items():
        by_group.setdefault(group, []).append(lines[line])
    return by_group
