"""Page of an account about money: owed, credit, payments; for owners and accountants."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.members.models import CustomerAccount
from common.moments import local_day
from shop.payments.models import PaymentEvent
from shop.payments.on_account.services import buy_on_account
from shop.payments.refunds.models import Refund
from shop.payments.requests.selectors import OwedParts
from shop.payments.requests.using import keep_as_credit
from tests.factories.accounts import MembershipFactory
from tests.factories.shop import make_cart, pay, place

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"


@pytest.fixture
def member(db):
    member = MembershipFactory(is_owner=True)
    CustomerAccount.objects.update(credit_limit=10_000)
    return member


@pytest.fixture
def buy(probe_entry, member):
    def placed():
        return place(make_cart(probe_entry, user=member.user), user=member.user, account=member.account)

    return placed


def page_for(client, membership) -> str:
    client.force_login(membership.user)
    answer = client.get(reverse("account-money", args=[membership.account_id]))
    return answer.content.decode() if answer.status_code == 200 else str(answer.status_code)


def test_tells_what_is_owed_and_what_is_overdue(buy, member, client):
    order = buy()
    buy_on_account(order_id=order.pk, actor=member.user, now=timezone.now())
    assert "overdue" not in page_for(client, member)
    order.requests.update(due_on=local_day(timezone.now()) - timedelta(days=1))
    page = page_for(client, member)
    assert order.number in page
    assert "€120.00" in page
    assert "overdue" in page


def test_tells_of_payments_and_credit(buy, member, client):
    order = buy()
    pay(order)
    pay(order, reference="again")
    event = PaymentEvent.objects.needing_attention().get()
    keep_as_credit(event_id=event.pk, reason="", actor=member.user, now=timezone.now())
    page = page_for(client, member)
    assert "We keep €120.00 for you." in page
    assert "Nothing is to be paid." in page


def test_accountants_see_it_and_buyers_do_not(member, client):
    accountant = MembershipFactory(account=member.account, is_owner=False, is_accountant=True)
    buyer = MembershipFactory(account=member.account, is_owner=False, is_buyer=True)
    assert "Payments received" in page_for(client, accountant)
    assert page_for(client, buyer) == "404"


def test_takes_as_many_queries_for_many_orders(buy, member, client):
    counts = []
    for _twice in range(2):
        buy_on_account(order_id=buy().pk, actor=member.user, now=timezone.now())
        pay(buy())
        page_for(client, member)
        with CaptureQueriesContext(connection) as queries:
            page_for(client, member)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_tells_of_money_sent_back_and_under_way_but_not_of_what_failed(buy, member, client):
    order = buy()
    pay(order)
    common = {"currency": "EUR", "asked_at": timezone.now(), "asked_by": member.user}
    Refund.objects.create(order=order, way="outside", state="done", amount=11, done_at=timezone.now(), **common)
    Refund.objects.create(account=member.account, way="outside", state="pending", amount=12, **common)
    Refund.objects.create(order=order, way="outside", state="failed", amount=13, failed_at=timezone.now(), **common)

    page = page_for(client, member)

    assert ("€11.00" in page, "€12.00" in page, "€13.00" in page) == (True, True, False)
    assert page.count("under way") == 1


def test_sums_count_all_parts_and_each_stands_on_a_page(buy, member, client, monkeypatch):
    monkeypatch.setattr("shop.payments.requests.views.PER_PAGE", 2)
    orders = [buy() for _each in range(3)]
    for order in orders:
        buy_on_account(order_id=order.pk, actor=member.user, now=timezone.now())
    first = page_for(client, member)
    assert "€360.00" in first
    assert first.count("€120.00") == 2
    assert "?owed=2" in first
    last = client.get(reverse("account-money", args=[member.account_id]), {"owed": "2"}).content.decode()
    assert "€360.00" in last
    assert [order.number in last for order in orders] == [False, False, True]


def test_payments_stand_on_pages(buy, member, client, monkeypatch):
    monkeypatch.setattr("shop.payments.requests.views.PER_PAGE", 2)
    orders = [buy() for _each in range(3)]
    for order in orders:
        pay(order)
    assert "?page=2" in page_for(client, member)
    last = client.get(reverse("account-money", args=[member.account_id]), {"page": "2", "owed": "x"}).content.decode()
    assert [order.number in last for order in orders] == [True, False, False]


def test_what_is_paid_in_part_is_owed_with_its_rest_and_what_is_paid_is_not(buy, member):
    paid, part = buy(), buy()
    pay(paid)
    buy_on_account(order_id=part.pk, actor=member.user, now=timezone.now())
    part.requests.update(lowered=100)

    owed = OwedParts(member.account_id, local_day(timezone.now()))

    assert (len(owed), owed.sums) == (1, {"EUR": Decimal("20.00")})
    assert [each.asked.rest for each in owed[0:10]] == [Decimal("20.00")]
    assert owed[1:10] == []
