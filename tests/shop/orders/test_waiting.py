"""Orders that the overview of an account names."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.members.models import CustomerAccount
from common.moments import local_day
from shop.orders.ending import cancel_order
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.payments.on_account.services import buy_on_account
from shop.payments.requests.models import PaymentRequest
from tests.factories.accounts import MembershipFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.payments.requests.plans import in_parts, piece
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


def test_of_an_order_paid_in_part_the_rest_is_told(owner, entry):
    order = bought_by(owner, entry)
    in_parts(order, 50, 70)
    piece(order, 50, "FIRST")

    [waits] = waiting(owner)

    assert waits.text.startswith(f"€70.00 of order {order.number} are still to be paid.")


def test_an_overdue_part_is_told_to_who_may_pay_and_nothing_that_an_opco_pays(owner, entry):
    CustomerAccount.objects.update(credit_limit=10_000)
    order, of_opco = bought_by(owner, entry), bought_by(owner, entry)
    for each in (order, of_opco):
        buy_on_account(order_id=each.pk, actor=owner.user, now=timezone.now())
    assert [text for text in (waits.text for waits in waiting(owner)) if "should have been paid" in text] == []
    PaymentRequest.objects.update(due_on=local_day(timezone.now()) - timedelta(days=1))
    of_opco.requests.update(promise="opco")

    [waits] = waiting(owner)

    assert waits.text.startswith(f"Order {order.number}: €120.00 should have been paid by ")
    assert (waits.url, waits.action, waits.is_wrong) == (f"/orders/{order.token}/", "Pay", True)


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
