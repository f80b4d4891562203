"""Promises settle without money, and leave a debt that money clears later."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.members.models import CustomerAccount
from billing.ledger.models import Account
from billing.ledger.selectors import balances_of_order
from common.moments import local_day
from outbox.mails.models import Mail
from shop.orders.ending import cancel_order
from shop.orders.models import Order
from shop.payments import registry
from shop.payments.models import Settlement
from shop.payments.on_account.services import NotOnAccount, buy_on_account, debt_of, is_overdue
from shop.payments.providers.on_account import provider
from shop.payments.requests.asked import asked_of
from shop.payments.requests.promises import (
    NothingToPromise,
    PlacesGone,
    PromiseTooSmall,
    ReferenceNeeded,
    accept_promise,
)
from shop.payments.services import methods_for
from shop.seller.models import ShopIdentity
from tests.constraints import broken, run
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.payments.requests.plans import NOW, in_parts, piece

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant(db):
    return UserFactory(is_staff=True)


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry))


@pytest.fixture
def member(db):
    """Owner of an account that may owe 200 €."""
    member = MembershipFactory(is_owner=True)
    CustomerAccount.objects.filter(pk=member.account_id).update(credit_limit=200, credit_days=45)
    return member


@pytest.fixture
def bought(probe_entry, member):
    """Place one more order of 120 € for the account."""

    def buy() -> Order:
        user = member.user
        return place(make_cart(probe_entry, user=user), user=user, account=member.account, email=user.email)

    return buy


def accept(order, merchant, **changes):
    told = {"kind": "public_mandate", "reference": "EJ 4711", "due_on": None} | changes
    return accept_promise(order_id=order.pk, actor=merchant, now=timezone.now(), **told)


def receivable(order: Order) -> int:
    return balances_of_order(order.pk).get(Account.RECEIVABLE, 0)


def test_a_purchase_order_settles_and_leaves_a_debt(order, merchant):
    assert accept(order, merchant) is True
    order.refresh_from_db()
    assert (order.status, order.method) == ("paid", "public_mandate")
    assert Settlement.objects.get().payment is None
    assert receivable(order) == 12000
    assert asked_of(order)[0].request.promise_reference == "EJ 4711"
    assert order.events.filter(what="promised", actor=merchant).exists()
    assert Mail.objects.filter(kind="payment_received").count() == 1


def test_money_that_comes_later_clears_the_debt_and_not_the_order(order, merchant):
    accept(order, merchant)
    piece(order, 100, "one")
    assert receivable(order) == 2000
    piece(order, 20, "two")
    assert receivable(order) == 0
    assert asked_of(order)[0].request.state == "paid"
    assert Settlement.objects.count() == 1


def test_a_public_body_names_its_commitment(order, merchant):
    with pytest.raises(ReferenceNeeded):
        accept(order, merchant, reference="  ")


def test_the_share_of_an_opco_releases_with_the_share_of_the_company(order, merchant):
    in_parts(order, 80, 40)
    assert accept(order, merchant, kind="opco", reference="F-1", positions=[2]) is False
    assert pay(order, amount=Decimal(40)) == "settled"
    assert receivable(order) == 8000


def test_nothing_is_promised_twice(order, merchant):
    accept(order, merchant)
    with pytest.raises(NothingToPromise):
        accept(order, merchant)


class TestLate:
    def test_brings_an_order_back_whose_places_can_be_had(self, order, merchant, diary):
        cancel_order(order_id=order.pk, actor=None, now=NOW)
        assert accept(order, merchant) is True
        assert diary.hooks() == ["pre", "revoke", "retake"]

    def test_is_refused_when_they_are_gone(self, order, merchant, diary):
        from handlers.contract import Refusal

        cancel_order(order_id=order.pk, actor=None, now=NOW)
        diary.raises["retake"] = [Refusal("gone")]
        with pytest.raises(PlacesGone):
            accept(order, merchant)
        assert order.requests.get().state == "withdrawn"

    def test_is_refused_for_a_part_that_does_not_release(self, order, merchant):
        in_parts(order, 80, 40)
        cancel_order(order_id=order.pk, actor=None, now=NOW)
        with pytest.raises(PromiseTooSmall):
            accept(order, merchant, positions=[2])


class TestOnAccount:
    def test_settles_within_the_limit_and_is_due_by_the_accounts_terms(self, bought, member):
        order = bought()
        buy_on_account(order_id=order.pk, actor=member.user, now=timezone.now())
        order.refresh_from_db()
        assert order.status == "paid"
        assert order.requests.get().due_on == local_day(timezone.now()) + timedelta(days=45)
        assert debt_of(member.account_id, "EUR") == 120

    def test_is_refused_beyond_the_limit(self, bought, member):
        buy_on_account(order_id=bought().pk, actor=member.user, now=timezone.now())
        second = bought()
        with pytest.raises(NotOnAccount):
            buy_on_account(order_id=second.pk, actor=member.user, now=timezone.now())
        second.refresh_from_db()
        assert second.status == "placed"

    def test_money_that_came_for_a_promised_part_is_owed_no_more_before_the_order_settles(
        self, bought, member, merchant
    ):
        order = bought()
        in_parts(order, 80, 40)
        accept(order, merchant, positions=[2])
        assert debt_of(member.account_id, "EUR") == 80
        piece(order, 15, "half")
        order.refresh_from_db()
        assert order.status == "placed"
        assert debt_of(member.account_id, "EUR") == 65

    def test_the_share_of_an_opco_is_no_debt_of_the_account_however_late(self, bought, member, merchant):
        order, yesterday = bought(), local_day(timezone.now()) - timedelta(days=1)
        in_parts(order, 80, 40)
        accept(order, merchant, kind="opco", reference="F-1", positions=[2], due_on=yesterday)
        assert debt_of(member.account_id, "EUR") == 0

        buy_on_account(order_id=order.pk, actor=member.user, now=timezone.now())

        assert debt_of(member.account_id, "EUR") == 40
        assert not is_overdue(member.account_id, timezone.now())
        piece(order, 40, "own")
        assert debt_of(member.account_id, "EUR") == 0
        order.requests.filter(promise="opco").update(promise="on_account")
        assert (debt_of(member.account_id, "EUR"), is_overdue(member.account_id, timezone.now())) == (80, True)

    def test_is_possible_again_once_the_debt_is_paid(self, bought, member):
        first = bought()
        buy_on_account(order_id=first.pk, actor=member.user, now=timezone.now())
        piece(first, 120, "one")
        buy_on_account(order_id=bought().pk, actor=member.user, now=timezone.now())

    def test_is_neither_offered_nor_accepted_when_something_is_overdue(self, bought, member):
        CustomerAccount.objects.update(credit_limit=10000)
        first = bought()
        buy_on_account(order_id=first.pk, actor=member.user, now=timezone.now())
        second = bought()
        with registry.temporary(provider):
            assert provider in methods_for(second)
            first.requests.update(due_on=local_day(timezone.now()) - timedelta(days=1))
            assert provider not in methods_for(second)
        with pytest.raises(NotOnAccount):
            buy_on_account(order_id=second.pk, actor=member.user, now=timezone.now())

    def test_is_not_for_accounts_that_pay_first(self, bought, member):
        CustomerAccount.objects.update(credit_limit=None)
        order = bought()
        with registry.temporary(provider):
            assert provider not in methods_for(order)
        with pytest.raises(NotOnAccount):
            buy_on_account(order_id=order.pk, actor=member.user, now=timezone.now())

    def test_is_not_for_an_unclaimed_order(self, order):
        CustomerAccount.objects.update(credit_limit=1000)
        with pytest.raises(NotOnAccount):
            buy_on_account(order_id=order.pk, actor=None, now=timezone.now())

    def test_is_chosen_on_the_orders_page_which_tells_of_the_debt(self, bought, member, client):
        order = bought()
        client.force_login(member.user)
        with registry.temporary(provider):
            client.post(reverse("order-pay", args=[order.token]), {"method": "on_account"})
        order.refresh_from_db()
        assert order.status == "paid"
        page = client.get(reverse("order", args=[order.token]), headers={"accept-language": "en"}).text
        assert "are still to be paid" in page
        assert "Payment received" not in page
        assert "overdue" not in page

    def test_what_is_overdue_is_said_with_the_way_to_pay_it(self, bought, member, client):
        ShopIdentity.objects.update_or_create(pk=1, defaults={"name": "Seller", "iban": "FR7630006000011234567890189"})
        order = bought()
        buy_on_account(order_id=order.pk, actor=member.user, now=timezone.now())
        order.requests.update(due_on=local_day(timezone.now()) - timedelta(days=1))
        client.force_login(member.user)

        page = client.get(reverse("order", args=[order.token]), headers={"accept-language": "en"}).text

        assert "overdue" in page
        assert "Pay by transfer" in page
        assert "FR7630006000011234567890189" in page

    def test_posted_by_hand_without_terms_changes_nothing(self, order, client):
        with registry.temporary(provider):
            client.post(reverse("order-pay", args=[order.token]), {"method": "on_account"})
        order.refresh_from_db()
        assert order.status == "placed"


def test_a_promise_keeps_its_shape(order, merchant):
    accept(order, merchant)
    for refusal, change in (
        (broken("shop_paymentrequest_promise_known"), "promise = 'word of honour'"),
        (broken("shop_paymentrequest_promise_known"), "promised_at = NULL"),
        (broken("shop_paymentrequest_covered_by_a_promise"), "promise = '', promised_at = NULL"),
    ):
        with refusal:
            run(f"UPDATE shop_paymentrequest SET {change}")
