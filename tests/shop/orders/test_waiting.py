"""Orders that the overview of an account names."""

import pytest
from django.utils import timezone

from shop.orders.ending import cancel_order
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from tests.factories.accounts import MembershipFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.steps import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return MembershipFactory()


def bought_by(member, entry):
    return place(make_cart(entry, user=member.user), user=member.user, account=member.account)


def waiting(member):
    return signed_in(member.user).get(f"/account/{member.account_id}/").context["waiting"]


def named(member) -> list[str]:
    return [waits.url for waits in waiting(member)]


def test_unpaid_orders_are_told_with_their_total_and_end(owner, entry):
    order = bought_by(owner, entry)
    paid, cancelled = bought_by(owner, entry), bought_by(owner, entry)
    pay(paid)
    cancel_order(order_id=cancelled.pk, actor=owner.user, now=timezone.now())
    bought_by(MembershipFactory(), entry)

    [waits] = waiting(owner)

    assert waits.text.startswith(f"Order {order.number} of €120.00 is not paid. It is kept until ")
    assert (waits.url, waits.action) == (f"/orders/{order.token}/", "Pay")


def test_an_order_past_its_time_is_not_waited_for(owner, entry):
    order = bought_by(owner, entry)
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now())

    assert waiting(owner) == []


def test_orders_are_told_by_right(owner, entry):
    def colleague(**roles):
        return MembershipFactory(account=owner.account, is_owner=False, **roles)

    buyer = MembershipFactory(account=owner.account)
    of_owner, of_buyer = bought_by(owner, entry), bought_by(buyer, entry)
    buyer.is_owner, buyer.is_buyer = False, True
    buyer.save()
    both = [f"/orders/{order.token}/" for order in (of_owner, of_buyer)]

    assert named(owner) == named(colleague(is_accountant=True)) == both
    assert named(buyer) == both[1:]
    assert named(colleague(is_operator=True)) == []


def test_a_failed_delivery_is_wrong_and_comes_first(owner, entry):
    unpaid, failed = bought_by(owner, entry), bought_by(owner, entry)
    pay(failed)
    OrderLine.objects.filter(order=failed).update(status=OrderLine.Status.FAILED)
    Order.objects.filter(pk=failed.pk).update(status=Order.Status.PAID)

    told = waiting(owner)

    assert [(waits.url, waits.is_wrong) for waits in told] == [
        (f"/orders/{failed.token}/", True),
        (f"/orders/{unpaid.token}/", False),
    ]


def test_many_orders_are_not_all_named(owner, entry):
    for _ in range(7):
        bought_by(owner, entry)

    told = waiting(owner)

    assert [waits.text for waits in told][5:] == ["Further orders are not paid."]
    assert told[5].url == f"/account/{owner.account_id}/orders/"
