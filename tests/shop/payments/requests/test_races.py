"""Requests and promises at the same moment."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from accounts.members.models import CustomerAccount
from shop.orders import ending
from shop.orders.ending import expire_orders
from shop.orders.models import Order
from shop.payments.credit import services as credit
from shop.payments.credit.services import pay_by_credit
from shop.payments.models import PaymentEvent, Settlement
from shop.payments.on_account import services as on_account
from shop.payments.on_account.services import buy_on_account
from shop.payments.requests import receiving, release
from shop.payments.requests.asked import asked_of
from shop.payments.requests.promises import accept_promise
from shop.payments.requests.using import keep_as_credit
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.shop import make_cart, pay, place
from tests.rivals.processes import Rival, errors_among, no_row_locks, race, values_among
from tests.rivals.test_expiry_against_payment import no_guard
from tests.shop.payments.requests.plans import in_parts

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry))


class TestTheLimitByTwoOrders:
    def at_once(self, entry, **how) -> int:
        """Buy two orders of 120 € on account with a limit of 200 €; return the number of those that were confirmed."""
        member = MembershipFactory(is_owner=True)
        CustomerAccount.objects.filter(pk=member.account_id).update(credit_limit=200)
        orders = [
            place(make_cart(entry, user=member.user), user=member.user, account=member.account) for _twice in range(2)
        ]
        buying = [partial(buy_on_account, order_id=order.pk, actor=member.user, now=timezone.now()) for order in orders]
        race(*buying, before=[(on_account, "cover")], **how)
        return Order.objects.filter(status="paid").count()

    def test_one_of_them_is_confirmed(self, probe_entry):
        assert self.at_once(probe_entry) == 1

    def test_control_without_locks_both_are(self, probe_entry):
        assert self.at_once(probe_entry, without=no_row_locks) == 2


class TestTwoPartsAtOnce:
    def at_once(self, order, **how):
        in_parts(order, 70, 50)
        paying = [partial(pay, order, amount=Decimal(amount), reference=str(amount)) for amount in (70, 50)]
        return race(*paying, before=[(receiving, "allocate")], **how)

    def test_both_count_and_the_last_settles(self, order):
        answers = self.at_once(order)
        assert errors_among(answers) == []
        assert sorted(values_among(answers)) == ["allocated", "settled"]
        assert [each.request.state for each in asked_of(order)] == ["paid", "paid"]
        assert Settlement.objects.count() == 1

    def test_control_without_locks_nobody_settles(self, order):
        assert values_among(self.at_once(order, without=no_row_locks)) == ["allocated", "allocated"]
        assert not Settlement.objects.exists()


class TestAPromiseAgainstTheEnd:
    def promising(self, order):
        merchant = UserFactory(is_staff=True)
        return lambda: accept_promise(
            order_id=order.pk, kind="opco", reference="F-1", due_on=None, actor=merchant, now=timezone.now()
        )

    def expiring(self):
        return lambda: expire_orders(now=timezone.now() + timedelta(days=30))

    def test_an_order_just_promised_does_not_expire(self, order):
        promised, expired = race(
            Rival(self.promising(order), before=[(release, "move_order")]), self.expiring(), in_turn=True
        )
        order.refresh_from_db()
        assert (promised.value, expired.value, order.status) == (True, 0, "paid")

    def promised_meanwhile(self, order, **how):
        """Let an order expire that is promised when it was seen unpaid; return both answers."""
        answers = race(
            Rival(self.expiring(), before=[(ending, "move_order")]), self.promising(order), in_turn=True, **how
        )
        order.refresh_from_db()
        return [answer.value for answer in answers]

    def test_a_promise_that_waits_for_the_end_brings_the_order_back(self, order):
        assert self.promised_meanwhile(order) == [1, True]
        assert order.status == "paid"
        assert [each.request.state for each in asked_of(order)] == ["covered"]

    def test_control_without_lock_and_guard_a_promised_order_expires_and_asks_for_nothing(self, order):
        assert self.promised_meanwhile(order, without=no_guard) == [1, True]
        assert order.status == "expired"
        assert order.requests.get().state == "withdrawn"


class TestCreditByTwoOrders:
    def at_once(self, entry, **how) -> int:
        """Pay two orders of 120 € at once by a credit of 120 €; return the number of those that were paid."""
        member = MembershipFactory(is_owner=True)
        buyer = {"user": member.user, "account": member.account}
        first, *orders = [place(make_cart(entry, user=member.user), **buyer) for _three in range(3)]
        pay(first)
        pay(first, reference="again")
        [event] = PaymentEvent.objects.needing_attention()
        keep_as_credit(event_id=event.pk, reason="", actor=member.user, now=timezone.now())
        paying = [partial(pay_by_credit, order_id=order.pk, actor=member.user, now=timezone.now()) for order in orders]
        race(*paying, before=[(credit, "settle")], **how)
        return Order.objects.filter(status="paid", pk__in=[order.pk for order in orders]).count()

    def test_one_of_them_is_paid(self, probe_entry):
        assert self.at_once(probe_entry) == 1

    def test_control_without_locks_both_are(self, probe_entry):
        assert self.at_once(probe_entry, without=no_row_locks) == 2
