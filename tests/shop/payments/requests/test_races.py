"""Requests and promises at the same moment."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from accounts.members.models import CustomerAccount
from billing.ledger.models import Account
from billing.ledger.selectors import balances_of_order
from shop.orders import ending
from shop.orders.ending import cancel_order, expire_orders
from shop.orders.models import Order
from shop.payments.credit import services as credit
from shop.payments.credit.services import pay_by_credit
from shop.payments.models import PaymentEvent, Settlement
from shop.payments.on_account import services as on_account
from shop.payments.on_account.services import buy_on_account
from shop.payments.requests import receiving, release
from shop.payments.requests import services as requests
from shop.payments.requests.asked import asked_of
from shop.payments.requests.promises import accept_promise
from shop.payments.requests.using import keep_as_credit
from shop.postings.verifying import faults_of_books
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.shop import make_cart, pay, place
from tests.rivals.processes import Rival, errors_among, no_row_locks, race, values_among
from tests.rivals.test_expiry_against_payment import no_guard
from tests.shop.papers.credit_notes.given import give_back
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


class TestCancellingAgainstTheLastPart:
    """An order in two parts, of which one is paid, is cancelled while the money of the other comes."""

    def at_once(self, order, *, first="cancel", **how):
        in_parts(order, 70, 50)
        pay(order, amount=Decimal(70), reference="70")
        cancel = partial(cancel_order, order_id=order.pk, actor=None, now=timezone.now())
        paying = partial(pay, order, amount=Decimal(50), reference="50")
        if first == "cancel":
            rivals = [Rival(cancel, before=[(ending, "move_order")]), Rival(paying)]
        else:
            rivals = [Rival(paying, before=[(release, "move_order")]), Rival(cancel)]
        answers = race(*rivals, in_turn=True, **how)
        order.refresh_from_db()
        return answers

    def test_money_that_waits_for_the_end_is_unallocated_with_the_first_part(self, order):
        cancelled, paid = self.at_once(order)
        assert (cancelled.error, paid.value, order.status) == ("", "late", "cancelled")
        assert balances_of_order(order.pk) == {Account.IN_TRANSIT: 12000, Account.UNALLOCATED: -12000}
        assert not list(faults_of_books())

    def test_an_order_just_paid_is_not_cancelled(self, order):
        paid, cancelled = self.at_once(order, first="pay")
        assert (paid.value, cancelled.error, order.status) == ("settled", "OrderNotCancellable", "paid")
        assert not list(faults_of_books())

    def test_control_without_locks_only_the_compare_and_set_keeps_a_paid_order(self, order):
        cancelled, paid = self.at_once(order, without=no_row_locks)
        assert (cancelled.error, paid.value, order.status) == ("MoveRefused", "settled", "paid")


class TestGivingBackAgainstTheLastPart:
    """Units are given back while the part comes that would be asked for less."""

    def at_once(self, entry, **how):
        """Let the second part of an order come while it is asked for no more; return the order and both answers."""
        order = place(make_cart(entry, quantity=2))
        Order.objects.filter(pk=order.pk).update(release_rule="first")
        in_parts(order, 120, 120)
        pay(order, amount=Decimal(120), reference="first")
        merchant = UserFactory(is_staff=True)
        give = partial(give_back, order, 0, actor=merchant)
        paying = partial(pay, order, amount=Decimal(120), reference="last")
        answers = race(
            Rival(lambda: give().worth, before=[(requests, "_lower")]),
            paying,
            in_turn=True,
            **how,
        )
        order.refresh_from_db()
        return order, answers

    def test_it_is_money_too_much_and_in_sight(self, probe_entry):
        order, answers = self.at_once(probe_entry)
        assert [answer.value for answer in answers] == [120, "second_charge"]
        assert [(each.asks, each.received) for each in asked_of(order)] == [(120, 120), (0, 0)]
        assert balances_of_order(order.pk)[Account.UNALLOCATED] == -12000
        assert not list(faults_of_books())

    def test_control_without_locks_only_the_database_refuses_to_ask_for_less_than_was_received(self, probe_entry):
        _order, [given, paid] = self.at_once(probe_entry, without=no_row_locks)
        assert (paid.value, given.constraint) == ("allocated", "shop_paymentrequest_received")


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
