"""Limits of unpaid orders: their number, and the places and units on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.rate_limits.by_network import WIDE_ROOM
from enrolments.courses.models import Course
from enrolments.courses.places.models import PlaceHold
from shop.cart.current import wide_part
from shop.checkout.errors import ProofNeeded, TooManyUnpaidOrders
from shop.orders.models import Order, OrderLine


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
    _serialise(key for key, _orders, _limit in circles)
    for _key, orders, limit in circles:
        held = _held(orders)
        if held.orders > 1 and (held.orders > limit.orders or held.units > limit.units):
            raise _too_many()


def check_places_held(*, order: Order) -> None:
    """Refuse an order if the unpaid orders of its visitor, account or typed address hold too many places, this order's
    lines included; a sole unpaid order is never refused.

    Exact only after `check_unpaid_limits` in the same transaction, which takes the locks. Raises TooManyUnpaidOrders.
    """
    for _key, orders, limit in _circles_of(order):
        held = _held(orders)
        if held.orders > 1 and held.places > limit.places:
            raise _too_many()


def check_share_of_courses(*, order: Order, percent: int) -> None:
    """Refuse an order of an unproved address if such orders together hold more than their share of a course: `percent`
    of its places, and one place at least.

    Exact under the locks of the courses, which the caller has held since the places were taken. Two statements; none
    for a proved address. Raises ProofNeeded.
    """
    if order.is_proved:
        return
    mine = PlaceHold.objects.live().filter(order_id=order.pk).values("course")
    courses = Course.objects.filter(pk__in=mine, capacity__isnull=False)
    unproved = Order.objects.unproved().filter(status=Order.Status.PLACED).values("pk")
    held = PlaceHold.objects.live().filter(order_id__in=unproved, course__in=courses).order_by()
    taken = dict(held.values_list("course").annotate(Sum("places")))
    for course in courses.order_by("pk"):
        share = max(1, (course.capacity or 0) * percent // 100)
        if taken.get(course.pk, 0) > share:
            raise ProofNeeded(course, share)


def _circles_of(order: Order) -> list[tuple[str, QuerySet[Order], UnpaidLimit]]:
    """Return the groups of unpaid orders that count together with this order: key, orders and limit of each."""
    circles: list[tuple[str, QuerySet[Order], UnpaidLimit]] = []
    unpaid = Order.objects.filter(status=Order.Status.PLACED)
    if order.is_proved:
        # Whoever proved the address is limited by nothing that strangers typed.
        unpaid = unpaid.proved()
    if order.visitor_key:
        circles.append((f"visitor:{order.visitor_key}", unpaid.filter(visitor_key=order.visitor_key), PER_VISITOR))
    if wide := wide_part(order.visitor_key):
        circles.append((f"wide:{wide}", unpaid.filter(visitor_key__startswith=wide), PER_VISITOR.times(WIDE_ROOM)))
    if order.is_claimed:
        circles.append((f"account:{order.account_id}", unpaid.filter(account=order.account_id), PER_ACCOUNT))
    else:
        same_address = unpaid.filter(contact_email=order.contact_email, claimed_at__isnull=True)
        circles.append((f"address:{order.contact_email}", same_address, PER_TYPED_ADDRESS))
    return circles


def _held(orders: QuerySet[Order]) -> UnpaidLimit:
    """Count orders, and the places and units on their lines."""
    return UnpaidLimit(
        **OrderLine.objects.filter(order__in=orders).aggregate(
            orders=Count("order", distinct=True),
            places=Coalesce(Sum("places_held", filter=Q(order__places_released_at__isnull=True)), 0),
            units=Coalesce(Sum("quantity"), 0),
        )
    )


def _too_many() -> TooManyUnpaidOrders:
    return TooManyUnpaidOrders(
        _("There are too many unpaid orders already. Pay or cancel one of them, then place this order again.")
    )


def _serialise(keys: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for key in sorted(keys):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"shop.unpaid:{key}"])
