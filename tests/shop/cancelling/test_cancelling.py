"""An account cancels places that nobody has, on the terms as sold, and sees the amount to the cent before."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.cancelling import CancelTerms
from catalog.models.entries import Entry
from enrolments.courses.models import Course
from enrolments.seats.models import Seat
from outbox.jobs.running import run_due_jobs
from shop.cancelling.selectors import offers_for
from shop.cancelling.services import AmountChanged, NothingToCancel, cancel_units
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.owed import owed_for
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.payments.refunds.models import Refund
from shop.postings.verifying import faults_of_books
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.admin_pages import text_of, told
from tests.shop.payments.refunds.conftest import bank as bank

pytestmark = pytest.mark.django_db
TERMS = {"cancel_days_after": 14, "cancel_share_kept": Decimal("10.00"), "cancel_fee": Decimal("5.00")}


def participant(name: str) -> dict[str, str]:
    return {"role": "student", "email": f"{name}@example.org", "first_name": name.title(), "last_name": "Test"}


@pytest.fixture
def course() -> Course:
    return CourseFactory(short_name="SEC-1")


@pytest.fixture
def owner():
    return MembershipFactory(is_owner=True)


@pytest.fixture
def order(owner, course, bank) -> Order:
    """A session of three at 120.00 each: Ana, and two blanks, paid at the bank."""
    entry = EntryFactory(
        handler="std_setuponecoursesession", parameters={"coursename": course.short_name}, tiers={1: "100.00"}, **TERMS
    )
    cart = make_cart(entry, quantity=3, units=[participant("ana")], user=owner.user)
    order = place(cart, user=owner.user, account=owner.account)
    assert pay(order, provider="bank", reference="pi_1") == "settled"
    return deliver(order)


def line(order: Order) -> OrderLine:
    return order.lines.get()


def cancel(order: Order, count: int, back: str, *, now=None, actor=None):
    return cancel_units(
        order_id=order.pk,
        counts={line(order).pk: count},
        back=Decimal(back),
        actor=actor or order.buyer,
        now=now or timezone.now(),
    )


def test_free_places_are_cancelled_and_the_money_goes_back(order, bank):
    done = cancel(order, 2, "206.00")

    assert (done.given.units, done.given.worth, done.sent) == (2, 206, 206)
    run_due_jobs()
    assert list(bank.sums.values()) == [Decimal(206)]
    states = Seat.objects.order_by("unit_index").values_list("state", flat=True)
    assert list(states) == ["assigned", "revoked", "revoked"]
    assert Refund.objects.get().state == "done"
    assert list(faults_of_books()) == []


def test_nobody_loses_a_place_by_it(order):
    with pytest.raises(NothingToCancel):
        cancel(order, 3, "309.00")
    assert not GivingBack.objects.exists()


def test_an_amount_that_was_not_shown_is_refused(order):
    with pytest.raises(AmountChanged):
        cancel(order, 1, "120.00")
    assert not GivingBack.objects.exists()


def test_terms_are_those_of_the_sale(order):
    Entry.objects.update(cancel_days_after=None, cancel_share_kept=0, cancel_fee=None)
    assert cancel(order, 1, "103.00").given.worth == 103


def test_after_the_last_day_nothing_is_cancelled(order):
    [offer] = offers_for(order.pk, now=timezone.now() + timedelta(days=15))
    assert not offer.is_open
    [offer] = offers_for(order.pk, now=timezone.now() + timedelta(days=14))
    assert offer.is_open
    with pytest.raises(NothingToCancel):
        cancel(order, 1, "103.00", now=timezone.now() + timedelta(days=15))


def test_the_course_begins_too_soon(order, course):
    terms = CancelTerms(None, 7, Decimal(0), Decimal(0))
    OrderLine.objects.update(cancel_terms=terms.to_freeze())
    today = timezone.localdate()
    Course.objects.filter(pk=course.pk).update(first_day=today + timedelta(days=7))
    assert offers_for(order.pk, now=timezone.now())[0].is_open
    Course.objects.filter(pk=course.pk).update(first_day=today + timedelta(days=6))
    assert not offers_for(order.pk, now=timezone.now())[0].is_open


def test_a_frozen_line_is_not_cancelled(order):
    OrderLine.objects.update(frozen_for=["dispute"])
    assert not offers_for(order.pk, now=timezone.now())[0].is_open


def test_much_money_is_sent_by_two_people_of_the_staff(order, settings):
    settings.SECOND_PERSON_GIVE_BACK_ABOVE = Decimal(100)

    done = cancel(order, 1, "103.00")

    assert (done.sent, owed_for(order)) == (0, Decimal("103.00"))
    assert not Refund.objects.exists()


def test_what_no_provider_sends_waits_for_the_merchant(order, bank):
    bank.refunds = False
    assert cancel(order, 1, "103.00").sent == 0
    assert owed_for(order) == 103


def browser(member) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(member.user)
    return client


def url(order: Order) -> str:
    return reverse("order-give-back", args=[order.token])


def test_the_pages_say_terms_and_amount_and_cancel(order, owner):
    client = browser(owner)
    page = text_of(client.get(reverse("order", args=[order.token])))
    assert "We keep 10% of their price, and €5.00 for each." in page
    assert "Cancel places" in page
    field = f"line-{line(order).pk}"
    assert "2 free." in text_of(client.get(url(order)))

    shown = client.post(url(order), {field: "2"})
    assert "Taken off or paid back to you €206.00" in text_of(shown)
    assert not GivingBack.objects.exists()
    answer = client.post(url(order), {field: "2", "back": "206.00", "confirm": "yes"}, follow=True)

    assert told(answer) == [("success", "Cancelled. €206.00 are on their way back to you.")]
    again = client.post(url(order), {field: "2", "back": "206.00", "confirm": "yes"})
    assert Refund.objects.count() == 1
    assert again.status_code == 200


def test_a_page_of_before_cancels_nothing(order, owner):
    OrderLine.objects.update(cancel_terms=CancelTerms(14, None, Decimal(50), Decimal(0)).to_freeze())
    posted = {f"line-{line(order).pk}": "1", "back": "103.00", "confirm": "yes"}

    answer = browser(owner).post(url(order), posted)

    assert answer.status_code == 409
    assert "The amount has changed" in text_of(answer)
    assert not GivingBack.objects.exists()


@pytest.mark.parametrize("role", ["is_operator", "is_accountant"])
def test_who_may_not_buy_cancels_nothing(order, owner, role):
    other = MembershipFactory(account=owner.account, is_owner=False, **{role: True})
    assert browser(other).get(url(order)).status_code == 404
    assert browser(MembershipFactory(is_owner=True)).get(url(order)).status_code == 404


def test_an_entry_without_terms_offers_nothing(order, owner):
    OrderLine.objects.update(cancel_terms={})
    client = browser(owner)
    assert client.get(url(order)).status_code == 404
    assert "Cancel places" not in text_of(client.get(reverse("order", args=[order.token])))


def test_the_entrys_page_tells_the_terms(client, order):
    entry = Entry.objects.get()
    french = text_of(client.get(entry.get_absolute_url(), headers={"accept-language": "fr"}))
    assert "jusqu’à 14 jours après l’achat" in french
    assert "Nous gardons 10 % de leur prix, et 5,00 € pour chacune." in french


@pytest.mark.parametrize(
    ("share", "fee", "worth", "units", "kept"),
    [("10", "0", "99.99", 1, "10.00"), ("0", "5", "12.00", 3, "12.00"), ("100", "1", "10.00", 1, "10.00")],
)
def test_never_more_is_kept_than_the_price(share, fee, worth, units, kept):
    terms = CancelTerms(1, None, Decimal(share), Decimal(fee))
    assert terms.kept_of(Decimal(worth), units) == Decimal(kept)


@pytest.mark.django_db(transaction=True)
def test_the_page_asks_outside_of_a_transaction_and_locks_nothing(order, owner):
    assert "2 free." in text_of(browser(owner).get(url(order)))
