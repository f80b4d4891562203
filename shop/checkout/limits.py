"""How much one cart may ask for, and how much unpaid orders may hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from catalog.offers import Offer
from shop.cart.micro_forms import asked_of
from shop.errors import TooManyUnpaidOrders
from shop.orders.models import Order, OrderLine

MAX_QUANTITY = 100_000
# What one cart, and so one order, holds at most: micro-forms, and rows that its delivery makes.
MAX_UNITS_WITH_FORMS = 500
MAX_UNITS_MADE = 100_000


@dataclass(frozen=True)
class UnpaidLimit:
    """How many unpaid orders somebody may have at a time, and how many places they may hold together."""

    orders: int
    places: int


PER_VISITOR = UnpaidLimit(orders=20, places=500)  # a network address, which an office shares
PER_ACCOUNT = UnpaidLimit(orders=20, places=1_000)
PER_TYPED_ADDRESS = UnpaidLimit(orders=5, places=500)


def units_beyond_limit(wanted: Iterable[tuple[Offer, int]]) -> list[str]:
    """For each line of a cart, in order, why it is too much beside those before it; "" where it is not. No query
    where the fields of the entries are loaded."""
    with_forms = made = 0
    reasons = []
    for offer, quantity in wanted:
        asks = bool(asked_of(offer))
        with_forms += quantity if asks else 0
        made += quantity * (offer.handler.units_made(offer.parameters) if offer.handler else 1)
        if asks and with_forms > MAX_UNITS_WITH_FORMS:
            reason = _("At most %(limit)d units with details at once. Place a second order for the rest.")
            reasons.append(reason % {"limit": MAX_UNITS_WITH_FORMS})
        elif made > MAX_UNITS_MADE:
            reason = _("At most %(limit)d seats at once. Place a second order for the rest.")
            reasons.append(reason % {"limit": MAX_UNITS_MADE})
        else:
            reasons.append("")
    return reasons


def check_unpaid_limits(*, order: Order) -> None:
    """Refuses an order just made when its visitor, account or typed address holds enough unpaid ones.

    Serialises, by advisory locks held until the end of the transaction, the orders of one visitor, account and
    address, so that two placed at once are both counted. Raises TooManyUnpaidOrders.
    """
    circles = _circles_of(order)
    _serialise(key for key, _orders, _limit in circles)
    if any(orders.count() > limit.orders for _key, orders, limit in circles):
        raise _too_many()


def check_places_held(*, order: Order) -> None:
    """Refuse an order that holds places, once they are on its lines, when its circles' unpaid orders hold too many.

    Exact only after `check_unpaid_limits` in the same transaction, which has the locks. Raises TooManyUnpaidOrders.
    """
    for _key, orders, limit in _circles_of(order):
        lines = OrderLine.objects.filter(order__in=orders, places_held__gt=0)
        if (lines.aggregate(sum=Sum("places_held"))["sum"] or 0) > limit.places:
            raise _too_many()


def _circles_of(order: Order) -> list[tuple[str, QuerySet[Order], UnpaidLimit]]:
    """Whose unpaid orders count together with this one: the name of the circle, its orders, its limit."""
    circles: list[tuple[str, QuerySet[Order], UnpaidLimit]] = []
    unpaid = Order.objects.filter(status=Order.Status.PLACED)
    if order.visitor_key:
        circles.append((f"visitor:{order.visitor_key}", unpaid.filter(visitor_key=order.visitor_key), PER_VISITOR))
    if order.is_claimed:
        circles.append((f"account:{order.account_id}", unpaid.filter(account=order.account_id), PER_ACCOUNT))
    else:
        same_address = unpaid.filter(contact_email=order.contact_email, claimed_at__isnull=True)
        circles.append((f"address:{order.contact_email}", same_address, PER_TYPED_ADDRESS))
    return circles


def _too_many() -> TooManyUnpaidOrders:
    return TooManyUnpaidOrders(
        _("There are too many unpaid orders already. Pay or cancel one of them, then place this order again.")
    )


def _serialise(keys: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for key in sorted(keys):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"shop.unpaid:{key}"])
