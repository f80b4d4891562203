"""Charge-backs that no provider tells of are noted by staff, and go the way of all others."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.closures.services import close_days
from billing.ledger.models import LedgerEntry
from billing.ledger.tasks import seal_entries
from common.moments import local_day
from outbox.mails.models import Mail
from shop.orders.freezing import reasons_of
from shop.orders.models import Order
from shop.payments.charge_backs.by_hand import (
    LeftDiffers,
    MoreThanLeft,
    NothingToTake,
    NotTaken,
    ToldByProvider,
    WrongDay,
    left_to_take,
    note_came_again,
    note_charge_back,
)
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.models import Payment, PaymentEvent
from shop.payments.requests.asked import asked_of, still_to_come
from shop.postings.verifying import faults_of_books
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.admin_pages import text_of
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db
RIGHTS = ("shop.view_payment", "shop.deal_with_money")


@pytest.fixture
def order() -> Order:
    """An order of 120.00 paid by a transfer, or a cheque: the shop is told by hand."""
    order = place(make_cart(EntryFactory()), email="alice@example.org")
    assert pay(order, provider="transfer", reference="cheque 7") == "settled"
    order.refresh_from_db()
    return order


@pytest.fixture
def payment(order) -> Payment:
    return order.payments.get()


def note(payment: Payment, amount: str = "120.00", **how) -> None:
    now = timezone.now()
    told = {"left": left_to_take(payment), "day": timezone.localdate(), "reason": "Returned unpaid", "actor": staff()}
    note_charge_back(payment_id=payment.pk, amount=Decimal(amount), now=now, **told | how)


def owed(order: Order) -> Decimal:
    return still_to_come(asked_of(order))


def test_it_goes_the_way_of_all_others(order, payment):
    merchant = staff()
    note(payment, actor=merchant)

    event = PaymentEvent.objects.get(kind="dispute_lost")
    assert (event.actor, event.payload) == (merchant, {"day": f"{timezone.localdate()}", "reason": "Returned unpaid"})
    assert ChargeBack.objects.get().amount == 120
    assert owed(order) == 120
    assert reasons_of(order) == {"dispute"}
    assert Mail.objects.filter(kind="charged_back", order_id=order.pk).count() == 1
    assert list(faults_of_books()) == []


def test_little_by_little_and_never_more_than_it_was(order, payment):
    note(payment, "50.00")
    assert left_to_take(payment) == 70
    with pytest.raises(MoreThanLeft):
        note(payment, "70.01")
    note(payment, "70.00")
    with pytest.raises(NothingToTake):
        note(payment, "0.01", left=Decimal(0))
    assert owed(order) == 120
    assert list(faults_of_books()) == []


def test_two_tabs_note_it_once(payment):
    note(payment, "50.00", left=Decimal(120))
    with pytest.raises(LeftDiffers):
        note(payment, "50.00", left=Decimal(120))
    assert ChargeBack.objects.get().amount == 50


@pytest.mark.parametrize("days", [-1, 1])
def test_the_day_lies_between_that_of_the_payment_and_today(payment, days):
    with pytest.raises(WrongDay):
        note(payment, day=timezone.localdate() + timedelta(days=days))


class TestDayInTheBooks:
    @pytest.fixture
    def payment(self) -> Payment:
        """A payment whose money came eight days ago."""
        ago = timezone.now() - timedelta(days=8)
        order = place(make_cart(EntryFactory()), now=ago)
        pay(order, provider="transfer", reference="cheque 8", now=ago)
        return order.payments.get()

    def posted_on(self) -> date:
        return LedgerEntry.objects.get(fact__startswith="charge_back:").posted_on

    @pytest.mark.parametrize("ago", [0, 3, 8])
    def test_is_that_of_the_bank(self, payment, ago):
        day = timezone.localdate() - timedelta(days=ago)
        note(payment, day=day)

        charge_back = ChargeBack.objects.get()
        assert self.posted_on() == day == local_day(charge_back.lost_at)
        assert charge_back.lost_at >= payment.created_at
        released_at = charge_back.allocations.get().released_at
        assert released_at is not None
        assert local_day(released_at) == timezone.localdate()
        assert list(faults_of_books()) == []

    def test_is_the_first_open_one_where_that_is_closed(self, payment):
        day = timezone.localdate() - timedelta(days=3)
        seal_entries()
        close_days(through=day, now=timezone.now())

        note(payment, day=day)

        assert self.posted_on() == day + timedelta(days=1)
        assert local_day(ChargeBack.objects.get().lost_at) == day

    def test_is_never_before_the_money_came(self, payment):
        Payment.objects.filter(pk=payment.pk).update(created_at=timezone.now() - timedelta(days=20))
        with pytest.raises(WrongDay):
            note(Payment.objects.get(), day=timezone.localdate() - timedelta(days=9))
        assert not ChargeBack.objects.exists()


@pytest.mark.parametrize("amount", ["0.00", "-1.00"])
def test_an_amount_is_more_than_nothing(payment, amount):
    with pytest.raises(MoreThanLeft):
        note(payment, amount)


def test_a_provider_that_tells_of_them_is_heard_itself():
    order = place(make_cart(EntryFactory()))
    pay(order, provider="stripe", reference="cs_1")
    payment = order.payments.get()
    assert left_to_take(payment) == 0
    with pytest.raises(ToldByProvider):
        note(payment)


def test_money_that_came_again_pays_again_once(order, payment):
    note(payment)
    charge_back = ChargeBack.objects.get()
    note_came_again(charge_back_id=charge_back.pk, actor=staff(), now=timezone.now())

    assert owed(order) == 0
    assert reasons_of(order) == set()
    assert left_to_take(payment) == 120
    assert list(faults_of_books()) == []
    with pytest.raises(NotTaken):
        note_came_again(charge_back_id=charge_back.pk, actor=staff(), now=timezone.now())
    note(payment)
    assert owed(order) == 120


def test_the_page_of_the_payment_leads_there_and_back(order, payment):
    client = browser_of(staff(*RIGHTS))
    page = reverse("admin:shop_payment_change", args=[payment.pk])
    url = reverse("admin:shop_payment_charge_back", args=[payment.pk])
    assert url in client.get(page).text
    assert "of this payment are left" in text_of(client.get(url))

    typed = {"amount": "120.00", "left": "120.00", "day": f"{timezone.localdate():%Y-%m-%d}", "reason": ""}
    refused = client.post(url, typed)
    assert list(refused.context["form"].errors) == ["reason"]
    answer = client.post(url, typed | {"reason": "Returned unpaid"}, follow=True)
    assert "owed again" in text_of(answer)
    assert "Nothing of this payment is left" in text_of(client.post(url, typed | {"reason": "Twice"}))

    again = reverse("admin:shop_payment_came_again", args=[payment.pk, ChargeBack.objects.get().pk])
    assert again in client.get(page).text
    client.post(again)
    assert owed(order) == 0
    assert client.post(reverse("admin:shop_payment_came_again", args=[payment.pk, 0])).status_code == 404


@pytest.mark.parametrize("missing", RIGHTS)
def test_only_with_the_rights(payment, missing):
    client = browser_of(staff(*set(RIGHTS) - {missing}))
    assert client.get(reverse("admin:shop_payment_charge_back", args=[payment.pk])).status_code == 403
    assert client.post(reverse("admin:shop_payment_came_again", args=[payment.pk, 0])).status_code == 403
