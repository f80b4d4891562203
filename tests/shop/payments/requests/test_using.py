"""Unallocated money: given to an order, kept as credit, sent back; and credit pays orders."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.ledger.models import Account
from billing.ledger.selectors import balance
from handlers.contract import Refusal
from shop.orders.ending import cancel_order
from shop.orders.models import Order
from shop.payments import registry
from shop.payments.attention import MoneyUsed, ResolvedAlready, mark_open_again, mark_resolved
from shop.payments.credit.selectors import credit_of
from shop.payments.credit.services import CreditTooSmall, pay_by_credit
from shop.payments.models import PaymentEvent
from shop.payments.providers.credit import provider
from shop.payments.requests.asked import asked_of
from shop.payments.requests.givers import Giver
from shop.payments.requests.promises import accept_promise
from shop.payments.requests.using import DoesNotFit, NobodysCredit, NoSuchOrder, apply_money, keep_as_credit
from shop.payments.services import methods_for
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.payments.requests.plans import NOW, in_parts, piece

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant(db):
    return UserFactory(is_staff=True)


@pytest.fixture
def member(db):
    return MembershipFactory(is_owner=True)


@pytest.fixture
def buy(probe_entry, member):
    """Place one more order of 120 € for the account."""

    def placed() -> Order:
        return place(make_cart(probe_entry, user=member.user), user=member.user, account=member.account)

    return placed


def use(order, merchant, number=""):
    event = PaymentEvent.objects.needing_attention().get()
    told = {"reason": "Agreed", "actor": merchant, "now": timezone.now()}
    return apply_money(event_id=event.pk, order_number=number or order.number, **told)


def keep(merchant):
    event = PaymentEvent.objects.needing_attention().get()
    return keep_as_credit(event_id=event.pk, reason="Agreed", actor=merchant, now=timezone.now())


def sums(*accounts: Account) -> list[Decimal]:
    return [balance(account, currency="EUR") for account in accounts]


def test_late_money_is_applied_once_the_places_are_there(buy, merchant, diary):
    order = buy()
    cancel_order(order_id=order.pk, actor=None, now=NOW)
    diary.raises["retake"] = [Refusal("gone"), Refusal("gone")]
    assert pay(order) == "late"
    with pytest.raises(DoesNotFit):
        use(order, merchant)

    assert use(order, merchant) == 120
    order.refresh_from_db()
    assert order.status == "paid"
    assert not PaymentEvent.objects.needing_attention().exists()
    assert sums(Account.UNALLOCATED, Account.RECEIVABLE, Account.REFUNDS_SENT) == [0, 0, 0]


def test_a_second_charge_pays_another_order_of_the_account(buy, merchant):
    first, second = buy(), buy()
    pay(first)
    assert pay(first, reference="again") == "second_charge"
    use(first, merchant, second.number)
    second.refresh_from_db()
    assert second.status == "paid"
    assert sums(Account.UNALLOCATED, Account.RECEIVABLE) == [0, 0]


def test_an_order_of_another_account_does_not_exist_for_it(buy, merchant, probe_entry):
    first, other = buy(), place(make_cart(probe_entry), email="other@example.org")
    piece(first, 130, "one")
    for number in (other.number, "2020-000001"):
        with pytest.raises(NoSuchOrder):
            use(first, merchant, number)


def test_money_of_no_order_is_given_to_any(buy, merchant):
    order = buy()
    assert pay(order, order_number="2000-000000") == "unknown_order"
    with pytest.raises(NobodysCredit):
        keep(merchant)
    assert use(order, merchant) == 120
    assert sums(Account.UNALLOCATED, Account.RECEIVABLE) == [0, 0]


def test_of_more_than_is_asked_the_rest_stays_in_sight(buy, merchant):
    order = buy()
    piece(order, 130, "one")
    assert use(order, merchant) == 120
    assert sums(Account.UNALLOCATED) == [-10]
    event = PaymentEvent.objects.needing_attention().get()

    mark_resolved(event_id=event.pk, note="Sent back", actor=merchant, now=timezone.now())
    assert sums(Account.UNALLOCATED, Account.REFUNDS_SENT) == [0, -10]
    mark_open_again(event_id=event.pk, actor=merchant, now=timezone.now())
    assert sums(Account.UNALLOCATED, Account.REFUNDS_SENT) == [-10, 0]
    assert keep(merchant) == 10


def test_money_is_used_once(buy, merchant):
    order = buy()
    pay(order)
    pay(order, reference="again")
    event = PaymentEvent.objects.needing_attention().get()
    keep(merchant)
    with pytest.raises(ResolvedAlready):
        keep_as_credit(event_id=event.pk, reason="", actor=merchant, now=timezone.now())
    with pytest.raises(MoneyUsed):
        mark_open_again(event_id=event.pk, actor=merchant, now=timezone.now())


class TestCredit:
    @pytest.fixture
    def credited(self, buy, merchant):
        """Keep 120 € as the account's credit."""
        order = buy()
        pay(order)
        pay(order, reference="again")
        assert keep(merchant) == 120

    def test_pays_an_order_of_the_account(self, buy, credited, member, client):
        assert credit_of(member.account_id, "EUR") == 120
        order = buy()
        client.force_login(member.user)
        with registry.temporary(provider):
            assert provider in methods_for(order)
            client.post(reverse("order-pay", args=[order.token]), {"method": "credit"})
        order.refresh_from_db()
        assert (order.status, order.method) == ("paid", "credit")
        assert credit_of(member.account_id, "EUR") == 0
        assert sums(Account.UNALLOCATED, Account.RECEIVABLE) == [0, 0]

    def test_is_not_spent_twice(self, buy, credited, member):
        first, second = buy(), buy()
        pay_by_credit(order_id=first.pk, actor=member.user, now=timezone.now())
        with pytest.raises(CreditTooSmall):
            pay_by_credit(order_id=second.pk, actor=member.user, now=timezone.now())
        second.refresh_from_db()
        assert second.status == "placed"

    def test_pays_what_an_order_still_asks_for(self, buy, credited, member):
        order = buy()
        in_parts(order, 119, 1)
        pay(order, amount=Decimal(1))
        pay_by_credit(order_id=order.pk, actor=member.user, now=timezone.now())
        order.refresh_from_db()
        assert order.status == "paid"
        assert credit_of(member.account_id, "EUR") == 1

    def test_leaves_the_share_of_an_opco_to_the_opco(self, buy, credited, member, merchant):
        order = buy()
        in_parts(order, 50, 40, 30)
        told = {"kind": "opco", "reference": "F-1", "due_on": None, "positions": [2], "giver": Giver(name="AKTO")}
        accept_promise(order_id=order.pk, **told, actor=merchant, now=timezone.now())

        pay_by_credit(order_id=order.pk, actor=member.user, now=timezone.now())

        order.refresh_from_db()
        assert order.status == "paid"
        assert credit_of(member.account_id, "EUR") == 50
        assert [(each.payer, each.rest) for each in asked_of(order)] == [("opco:2", 50), ("", 0), ("", 0)]

    def test_is_not_for_another_account(self, credited, probe_entry):
        other = MembershipFactory(is_owner=True)
        order = place(make_cart(probe_entry, user=other.user), user=other.user, account=other.account)
        with pytest.raises(CreditTooSmall):
            pay_by_credit(order_id=order.pk, actor=other.user, now=timezone.now())
