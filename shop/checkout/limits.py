"""Limits of unpaid orders: their number, and the places and units on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from accounts.rate_limits.by_network import WIDE_ROOM
from common.plain_rows import plain_rows_with
from enrolments.courses.models import Course
from shop.cart.current import wide_part
from shop.checkout.errors import ProofNeeded, TooManyUnpaidOrders
from shop.orders.models import Order


@dataclass(frozen=True)
class UnpaidLimit:
    """Limit of unpaid orders at a time, and of the places and units on them together.

    A single unpaid order is subject to the limits of a cart only.
    """

    orders: int
    places: int
    units: int

    def times(self, number: int) -> UnpaidLimit:
        return UnpaidLimit(self.orders * number, self.places * number, self.units * number)


PER_VISITOR = UnpaidLimit(orders=20, places=500, units=2_000)  # a network address, which an office shares
PER_ACCOUNT = UnpaidLimit(orders=20, places=1_000, units=20_000)
PER_TYPED_ADDRESS = UnpaidLimit(orders=5, places=500, units=2_000)


def check_unpaid_limits(*, order: Order) -> None:
    """Refuse an order just made, with its lines, if the unpaid orders of its visitor (of all visitors of a wide network
    of IPv6 together), account or typed address exceed the limit of orders or units; a sole unpaid order is never
    refused.

    Serialises the orders of one visitor, account or address by advisory locks until the end of the transaction, so that
    two orders placed at once are both counted. Raises TooManyUnpaidOrders.
    """
    circles = _circles_of(order)
    _serialise(circle.key for circle in circles)
    for circle in circles:
        held, limit = _held(circle), circle.limit
        if held.orders > 1 and (held.orders > limit.orders or held.units > limit.units):
            raise _too_many()


def check_places_held(*, order: Order) -> None:
    """Refuse an order if the unpaid orders of its visitor, account or typed address hold too many places, this order's
    lines included; a sole unpaid order is never refused.

    Exact only after `check_unpaid_limits` in the same transaction, which takes the locks. Raises TooManyUnpaidOrders.
    """
    for circle in _circles_of(order):
        held = _held(circle)
        if held.orders > 1 and held.places > circle.limit.places:
            raise _too_many()


def check_share_of_courses(*, order: Order, percent: int) -> None:
    """Refuse an order of an unproved address if such orders together hold more than their share of a course: `percent`
    of its places, and one place at least.

    Exact under the locks of the courses, which the caller has held since the places were taken. One statement; none
    for a proved address. Raises ProofNeeded.
    """
    if order.is_proved:
        return
    for course, held in plain_rows_with(Course, _HELD_UNPROVED, _LIMITED_COURSES_HELD, [order.pk]):
        share = max(1, (course.capacity or 0) * percent // 100)
        if held > share:
            raise ProofNeeded(course, share)


_HELD_UNPROVED = """(
    SELECT coalesce(sum(hold.places), 0)
    FROM enrolments_placehold hold JOIN shop_order placed ON placed.id = hold.order_id
    WHERE hold.course_id = this.id AND hold.released_at IS NULL AND placed.status = 'placed'
        AND placed.claimed_at IS NULL AND placed.address_proved_at IS NULL
)"""
_LIMITED_COURSES_HELD = """
WHERE this.capacity IS NOT NULL AND this.id IN (
    SELECT mine.course_id FROM enrolments_placehold mine WHERE mine.order_id = %s AND mine.released_at IS NULL
)
ORDER BY this.id
"""


# Unpaid orders of a circle, and the places and units on their lines.
_HELD = """
SELECT count(DISTINCT line.order_id),
    coalesce(sum(line.places_held) FILTER (WHERE placed.places_released_at IS NULL), 0),
    coalesce(sum(line.quantity), 0)
FROM shop_orderline line JOIN shop_order placed ON placed.id = line.order_id
WHERE placed.status = 'placed' AND """
_PROVED = "(placed.claimed_at IS NOT NULL OR placed.address_proved_at IS NOT NULL) AND "


@dataclass(frozen=True)
class _Circle:
    """Unpaid orders that count together: those for which `condition`, in SQL, holds with `value`."""

    key: str
    condition: str
    value: str | int
    limit: UnpaidLimit


def _circles_of(order: Order) -> list[_Circle]:
    """Return the circles to which an order belongs."""
    circles = []
    # Whoever proved the address is limited by nothing that strangers typed.
    proved = _PROVED if order.is_proved else ""
    if order.visitor_key:
        key = f"visitor:{order.visitor_key}"
        circles.append(_Circle(key, proved + "placed.visitor_key = %s", order.visitor_key, PER_VISITOR))
    if wide := wide_part(order.visitor_key):
        same_network = proved + "placed.visitor_key LIKE %s"
        circles.append(_Circle(f"wide:{wide}", same_network, f"{wide}%", PER_VISITOR.times(WIDE_ROOM)))
    if order.is_claimed:
        key = f"account:{order.account_id}"
        circles.append(_Circle(key, proved + "placed.account_id = %s", order.account_id, PER_ACCOUNT))
    else:
        same_address = proved + "placed.contact_email = %s AND placed.claimed_at IS NULL"
        key = f"address:{order.contact_email}"
        circles.append(_Circle(key, same_address, order.contact_email, PER_TYPED_ADDRESS))
    return circles


def _held(circle: _Circle) -> UnpaidLimit:
    """Count the orders of a circle, and the places and units on their lines."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD + circle.condition, [circle.value])
        orders, places, units = cursor.fetchone()
    return UnpaidLimit(orders=orders, places=places, units=units)


def _too_many() -> TooManyUnpaidOrders:
    return TooManyUnpaidOrders(
        _("There are too many unpaid orders already. Pay or cancel one of them, then place this order again.")
    )


def _serialise(keys: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for key in sorted(keys):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"shop.unpaid:{key}"])
