"""What the floors below ask of the shop, registered when Django has loaded.

They know nothing of orders: each offers a place to register an answer, and here are the shop's.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.links.effects import EFFECTS
from accounts.links.models import AddressLink
from accounts.members.navigation import AreaLink, add_area_link
from accounts.members.rights import Right
from accounts.people.models import User
from accounts.sign_in.followers import FOLLOWERS
from catalog.guards import CUSTOMER_CHECKS, SOLD_CHECKS, Person
from enrolments.unit_rows import register_unit_rows
from shop.cart.current import join_cart_of_session
from shop.orders.claim import claim_order
from shop.orders.models import Order, OrderLine, OrderUnit
from shop.payments.registry import providers


def connect() -> None:
    """Registers the shop's answers, and loads the payment providers with their jobs."""
    SOLD_CHECKS.add(sold_entries)
    CUSTOMER_CHECKS.add(has_paid_order)
    EFFECTS.register(AddressLink.Purpose.CLAIM, claim_by_link)
    FOLLOWERS.add(join_cart_of_session)
    register_unit_rows(OrderUnit._meta.db_table)
    add_area_link(
        AreaLink("account-orders", _("Orders"), rights={Right.SEE_OWN_ORDERS, Right.SEE_ALL_ORDERS}, position=10)
    )
    providers()


def sold_entries(entry_ids: Collection[int]) -> set[int]:
    """Which of these entries stand on an order line."""
    return set(OrderLine.objects.filter(entry__in=entry_ids).values_list("entry_id", flat=True).distinct())


def has_paid_order(person: Person) -> bool:
    """Whether an account the person belongs to has a paid order."""
    paid = (Order.Status.PAID, Order.Status.COMPLETED)
    return Order.objects.filter(account__memberships__user=person.pk, status__in=paid).exists()


def claim_by_link(link: AddressLink, user: User, request: HttpRequest, now: datetime) -> str:
    """The claim link of a visitor's order was used by the owner of its address."""
    assert link.order_id is not None
    order = claim_order(order_id=link.order_id, user=user, now=now)
    return reverse("order", args=[order.token])
