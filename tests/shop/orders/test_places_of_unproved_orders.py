"""An order whose typed address nobody has proved holds few places, and for an hour."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail as mailbox
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation

from common.refusals import Refused
from enrolments.courses.places.services import free, taken
from outbox.jobs.running import run_due_jobs
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.checkout.errors import ProofNeeded, TooManyUnpaidOrders
from shop.orders.claim import claim_order
from shop.orders.ending import cancel_order, expire_orders
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.orders.places import are_places_gone, prove_order, release_unproved_places
from shop.payments.models import PaymentEvent
from shop.payments.services import choose_method
from shop.seller.models import ShopIdentity
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.steps import VISITOR_DETAILS, press_order, put_in_cart, type_details

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def session(capacity: int | None = 20, **parameters):
    course = CourseFactory(capacity=capacity)
    parameters = {"coursename": course.short_name} | parameters
    return course, EntryFactory(handler="std_setuponecoursesession", parameters=parameters)


def ordered(entry, quantity: int = 1, *, email: str = "invented@example.org", **how) -> Order:
    order = place(make_cart(entry, quantity=quantity), email=email, is_proved=False, **how)
    choose_method(order_id=order.pk, method="transfer", actor=None, now=order.placed_at)
    order.refresh_from_db()
    return order


def after_an_hour(order: Order) -> Order:
    assert release_unproved_places(now=order.placed_at + HOUR) == 1
    order.refresh_from_db()
    return order


def whats(order: Order) -> list[str]:
    return list(order.events.values_list("what", flat=True))


# --- Share of a course ---


def test_an_invented_address_and_a_transfer_hold_a_quarter_of_the_course_and_not_all():
    course, entry = session(capacity=20)

    with pytest.raises(ProofNeeded, match="only 5 places"):
        ordered(entry, 6)
    ordered(entry, 5)
    assert taken([course.pk]) == {course.pk: 5}


def test_the_share_is_that_of_all_unproved_orders_together():
    course, entry = session(capacity=8)
    ordered(entry, 1, email="one@example.org")
    ordered(entry, 1, email="two@example.org")

    with pytest.raises(ProofNeeded):
        ordered(entry, 1, email="three@example.org")
    assert place(make_cart(entry, quantity=6), email="four@example.org", is_proved=True).status == "placed"
    assert free([course.pk]) == {course.pk: 0}


@pytest.mark.parametrize(("capacity", "percent", "share"), [(3, 25, 1), (10, 0, 1), (10, 50, 5), (7, 100, 7)])
def test_the_share_is_a_setting_and_never_less_than_one_place(capacity, percent, share):
    ShopIdentity.objects.create(pk=1, unproved_share=percent)
    _course, entry = session(capacity=capacity)
    with pytest.raises(Refused):  # by the cart, where the course has no more places
        ordered(entry, share + 1)
    assert ordered(entry, share).status == "placed"


def test_a_course_without_limit_and_a_person_signed_in_are_held_to_no_share():
    _course, entry = session(capacity=None)
    assert ordered(entry, 30).status == "placed"
    _course, entry = session(capacity=4)
    alice = UserFactory()
    assert place(make_cart(entry, quantity=4, user=alice), user=alice).is_proved


# --- The hour ---


def test_after_an_hour_the_places_are_free_and_the_order_waits():
    course, entry = session()
    order = ordered(entry, 5)

    assert release_unproved_places(now=order.placed_at + HOUR - timedelta(seconds=1)) == 0
    after_an_hour(order)

    assert (order.status, order.has_lost_places) == ("placed", True)
    assert taken([course.pk]) == {course.pk: 0}
    assert release_unproved_places(now=order.placed_at + 2 * HOUR) == 0
    assert whats(order).count("places_released") == 1


@pytest.mark.parametrize("proof", ["before", "meanwhile", "claimed", "signed in"])
def test_places_of_a_proved_address_stay_as_long_as_the_order(proof):
    course, entry = session()
    alice = UserFactory(email="alice@example.org")
    user = alice if proof == "signed in" else None
    cart = make_cart(entry, quantity=2, user=user)
    order = place(cart, user=user, email="alice@example.org", is_proved=proof == "before")
    choose_method(order_id=order.pk, method="transfer", actor=None, now=order.placed_at)
    if proof == "meanwhile":
        prove_order(order_id=order.pk, actor=None, now=order.placed_at)
    if proof == "claimed":
        claim_order(order_id=order.pk, user=alice, now=order.placed_at)

    assert release_unproved_places(now=order.placed_at + 13 * 24 * HOUR) == 0
    assert taken([course.pk]) == {course.pk: 2}


def test_an_order_that_takes_no_place_is_left_alone(probe_entry, diary):
    ordered(probe_entry)
    assert release_unproved_places(now=timezone.now() + 2 * HOUR) == 0
    assert diary.hooks() == ["pre"]


# --- Taken again ---


@pytest.mark.parametrize("proof", ["code", "claim"])
def test_a_proof_takes_the_places_again(proof):
    course, entry = session()
    order = after_an_hour(ordered(entry, 3, email="alice@example.org"))
    if proof == "code":
        prove_order(order_id=order.pk, actor=None, now=timezone.now())
    else:
        claim_order(order_id=order.pk, user=UserFactory(email="alice@example.org"), now=timezone.now())

    order.refresh_from_db()
    assert (order.has_lost_places, taken([course.pk])) == (False, {course.pk: 3})
    assert whats(order)[-1] == "places_retaken"
    assert release_unproved_places(now=timezone.now() + 5 * HOUR) == 0


def test_a_proof_that_finds_the_places_gone_leaves_the_order_waiting_and_is_a_proof_all_the_same():
    course, entry = session(capacity=4)
    order = after_an_hour(ordered(entry))
    place(make_cart(entry, quantity=4), email="fast@example.org", is_proved=True)

    proved = prove_order(order_id=order.pk, actor=None, now=timezone.now())

    assert (proved.is_proved, proved.has_lost_places, proved.status) == (True, True, "placed")
    assert taken([course.pk]) == {course.pk: 4}


def test_places_are_gone_once_fewer_are_free_than_the_order_held():
    _course, entry = session(capacity=8)
    order = ordered(entry, 2)
    assert not are_places_gone(order)
    after_an_hour(order)

    place(make_cart(entry, quantity=6), email="fast@example.org")
    assert not are_places_gone(order)

    place(make_cart(entry), email="faster@example.org")
    assert are_places_gone(order)


def test_money_takes_the_places_again_and_pays():
    course, entry = session()
    order = after_an_hour(ordered(entry, 3))

    assert pay(order) == "settled"

    order.refresh_from_db()
    assert (order.status, order.places_released_at) == ("paid", None)
    assert taken([course.pk]) == {course.pk: 3}


def test_money_for_places_that_are_gone_is_recorded_like_late_money_and_the_order_stays_placed():
    course, entry = session(capacity=4)
    order = after_an_hour(ordered(entry))
    other = place(make_cart(entry, quantity=4), email="fast@example.org", is_proved=True)

    assert pay(order) == "late"

    order.refresh_from_db()
    assert (order.status, order.has_lost_places) == ("placed", True)
    assert PaymentEvent.objects.needing_attention().get().order == order
    assert Mail.objects.filter(kind="money_needs_attention").exists() or not ShopIdentity.current().sales_address
    # Told again once the places are free, the money pays.
    cancel_order(order_id=other.pk, actor=None, now=timezone.now())
    assert pay(order, event_id="again") == "settled"
    assert taken([course.pk]) == {course.pk: 1}


def test_an_order_without_its_places_ends_like_any_other_and_late_money_finds_them():
    course, entry = session()
    order = after_an_hour(ordered(entry, 2))
    assert expire_orders(now=order.expires_at) == 1
    order.refresh_from_db()

    assert (order.status, taken([course.pk])) == ("expired", {course.pk: 0})
    assert pay(order, now=order.expires_at) == "settled"
    assert taken([course.pk]) == {course.pk: 2}


def test_a_zero_total_without_its_places_is_not_confirmed():
    course, _entry = session(capacity=4)
    parameters = {"coursename": course.short_name}
    free_entry = EntryFactory(handler="std_setuponecoursesession", parameters=parameters, tiers={1: "0.00"})
    order = place(make_cart(free_entry), email="alice@example.org", is_proved=False)
    after_an_hour(order)
    place(make_cart(free_entry, quantity=4), email="fast@example.org", is_proved=True)

    claimed = claim_order(order_id=order.pk, user=UserFactory(email="alice@example.org"), now=timezone.now())

    assert (claimed.status, claimed.has_lost_places, PaymentEvent.objects.count()) == ("placed", True, 0)


def test_no_paid_order_is_without_its_places():
    _course, entry = session()
    order = after_an_hour(ordered(entry))
    with pytest.raises(IntegrityError, match="paid_has_its_places"), transaction.atomic(), connection.cursor() as sql:
        sql.execute("UPDATE shop_order SET status = 'paid', paid_at = now() WHERE id = %s", [order.pk])


def test_the_share_is_a_percentage():
    ShopIdentity.current()
    with pytest.raises(IntegrityError, match="unproved_share_percent"), transaction.atomic():
        ShopIdentity.objects.update(unproved_share=101)


# --- Strangers' orders limit nobody who proved the address ---


def test_five_orders_in_somebodys_name_do_not_keep_them_from_buying():
    entry = EntryFactory()
    for _order in range(5):
        ordered(entry, email="alice@example.org")

    with pytest.raises(TooManyUnpaidOrders):
        ordered(entry, email="alice@example.org")
    assert place(make_cart(entry), email="alice@example.org", is_proved=True).status == "placed"


# --- Pages ---


def code_mailed() -> str:
    mail = Mail.objects.filter(kind="address_code").latest("pk")
    return next(line.strip() for line in render_mail(mail, blank_secrets=False).text.splitlines() if "    " in line)


def wants(client, entry, quantity: int):
    put_in_cart(client, entry, quantity)
    client.post("/checkout/units/", {**_blank_units(client), "next": "1"})
    type_details(client)
    return press_order(client)


def _blank_units(client) -> dict[str, object]:
    from tests.shop.steps import cart_of, units_shown

    line = cart_of(client).lines.get()
    return units_shown(line, range(line.quantity))


def test_a_visitor_who_wants_more_places_proves_the_address_by_a_code_and_orders(visitor):
    _course, entry = session(capacity=4)
    refused = wants(visitor, entry, 3)
    assert refused.context["notice"].url == "/checkout/proof/"
    assert Order.objects.count() == 0

    assert "Mail me a code" in visitor.get("/checkout/proof/").content.decode()
    visitor.post("/checkout/proof/", {"mail": "1"})
    wrong = visitor.post("/checkout/proof/", {"code": "AAAA-AAAA"})
    assert wrong.status_code == 422
    assert visitor.post("/checkout/proof/", {"code": code_mailed().lower()}).url == "/checkout/review/"

    placed = press_order(visitor)
    order = Order.objects.get()
    assert (placed.status_code, order.is_proved, order.is_claimed) == (302, True, False)


def test_the_code_stands_in_no_session_and_works_once(visitor):
    _course, entry = session(capacity=4)
    wants(visitor, entry, 3)
    visitor.post("/checkout/proof/", {"mail": "1"})
    code = code_mailed()
    assert code not in str(dict(visitor.session))
    assert code.replace("-", "") not in str(dict(visitor.session))

    assert visitor.post("/checkout/proof/", {"code": code}).status_code == 302
    assert visitor.post("/checkout/proof/", {"code": code}).status_code == 422


def test_the_orders_page_tells_of_the_hour_and_mails_a_code_that_brings_the_places_back(visitor):
    course, entry = session(capacity=8)
    answer = wants(visitor, entry, 2)
    order = Order.objects.get()
    page = visitor.get(answer.url).content.decode()
    assert "only, because nobody has shown yet that alice@example.org is their address" in page
    choose_method(order_id=order.pk, method="transfer", actor=None, now=order.placed_at)
    after_an_hour(order)
    page = visitor.get(answer.url).content.decode()
    assert "The places of this order are free for others again" in page
    proof = f"/orders/{order.token}/proof/"
    assert proof in page

    visitor.post(proof, {"mail": "1"})
    assert visitor.post(proof, {"code": code_mailed()}).url == answer.url

    order.refresh_from_db()
    assert (order.is_proved, order.is_claimed, order.has_lost_places) == (True, False, False)
    assert "free for others again" not in visitor.get(answer.url).content.decode()
    assert taken([course.pk]) == {course.pk: 2}


def test_nobody_is_led_to_pay_for_places_that_are_gone(visitor):
    _course, entry = session(capacity=4)
    answer = wants(visitor, entry, 1)
    order = Order.objects.get()
    choose_method(order_id=order.pk, method="transfer", actor=None, now=order.placed_at)
    after_an_hour(order)
    place(make_cart(entry, quantity=4), email="fast@example.org")

    assert visitor.post(f"{answer.url}pay/", {"method": "sandbox"}).url == answer.url
    assert "please do not pay it yet" in visitor.get(answer.url).content.decode()
    cancel_order(order_id=Order.objects.latest("pk").pk, actor=None, now=timezone.now())
    assert visitor.post(f"{answer.url}pay/", {"method": "sandbox"}).url != answer.url


def test_codes_are_counted_for_the_address_and_guesses_for_the_code(visitor, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {
        "address code to address": "2/h/key", "guess of an address code": "2/h/key"
    }  # fmt: skip
    _course, entry = session(capacity=4)
    wants(visitor, entry, 3)
    assert [visitor.post("/checkout/proof/", {"mail": "1"}).status_code for _ in range(3)] == [302, 302, 429]
    guesses = [visitor.post("/checkout/proof/", {"code": "AAAA-AAAA"}).status_code for _ in range(3)]
    assert guesses == [422, 422, 429]
    assert visitor.post("/checkout/proof/", {"code": code_mailed()}).status_code == 429


def test_the_mail_of_the_order_tells_of_the_hour(visitor):
    _course, entry = session(capacity=8)
    wants(visitor, entry, 1)
    run_due_jobs()
    [sent] = [mail for mail in mailbox.outbox if mail.to == [VISITOR_DETAILS["email"]]]
    assert "kept for one hour" in sent.body
    assert OrderEvent.objects.filter(what="placed").count() == 1
