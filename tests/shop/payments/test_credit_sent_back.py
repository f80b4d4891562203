"""Credit of an account goes back by transfer, and is credit again if that fails."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from shop.payments.credit.selectors import credit_of
from shop.payments.models import PaymentEvent
from shop.payments.refunds.models import Refund
from shop.payments.requests.using import keep_as_credit
from shop.payments.transfers_back.services import note_came_back
from shop.postings.verifying import faults_of_books
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.admin_pages import text_of, told
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db
TYPED = {"holder": "Alice", "iban": "DE89370400440532013000"}


@pytest.fixture
def account():
    """An account with 120.00 of credit."""
    order = place(make_cart(EntryFactory(tiers={1: "100.00"})), email="alice@example.org")
    pay(order)
    pay(order, reference="again", event_id="again", amount=Decimal(120))
    event = PaymentEvent.objects.needing_attention().get()
    keep_as_credit(event_id=event.pk, reason="", actor=staff(), now=timezone.now())
    return order.account


def merchant():
    return browser_of(staff("shop.send_refund", "accounts.view_customeraccount"))


def post(account, amount: str, **typed: str):
    url = reverse("admin:shop_account_send_credit", args=[account.pk])
    return merchant().post(url, {"amount": amount, **TYPED, **typed}, follow=True)


def test_a_part_is_sent_back_and_the_rest_stays(account):
    page = merchant().get(reverse("admin:accounts_customeraccount_change", args=[account.pk]))
    assert "Credit held €120.00" in text_of(page)

    answer = post(account, "50.00")

    assert told(answer) == [("success", "The credit waits for a transfer file, under “Refunds”.")]
    assert credit_of(account.pk, "EUR") == 70
    refund = Refund.objects.get()
    assert (refund.account, refund.order, refund.payee.masked) == (account, None, "•••• 3000")
    note_came_back(refund_id=refund.pk, now=timezone.now())
    assert credit_of(account.pk, "EUR") == 120
    assert list(faults_of_books()) == []


def test_no_more_goes_back_than_there_is(account):
    answer = post(account, "120.01")
    assert "less credit than that" in told(answer)[0][1]
    assert credit_of(account.pk, "EUR") == 120


def test_a_wrong_iban_sends_nothing(account):
    answer = post(account, "50.00", iban="DE00370400440532013000")
    assert "This is no IBAN" in told(answer)[0][1]
    assert not Refund.objects.exists()


def test_much_money_waits_for_a_second_person(account, settings):
    settings.SECOND_PERSON_GIVE_BACK_ABOVE = Decimal(10)
    assert "second person" in told(post(account, "50.00"))[0][1]
    assert credit_of(account.pk, "EUR") == 120


def test_nobody_without_the_right_sends(account):
    client = browser_of(staff("accounts.view_customeraccount"))
    url = reverse("admin:shop_account_send_credit", args=[account.pk])
    assert client.post(url, {"amount": "50.00", **TYPED}).status_code == 403
