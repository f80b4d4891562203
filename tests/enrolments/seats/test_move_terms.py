"""Accounts move people until so many days before the course that they leave, as sold; the shop may lift the limit."""

import datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from enrolments.runs.why import WhyNot
from enrolments.seats.give import give_seats
from enrolments.seats.many import Act, look_at
from enrolments.seats.models import Seat
from enrolments.seats.move import move_seat, move_seats
from enrolments.seats.move_terms import MovedTooLate, movable_in_words
from enrolments.seats.release import release_seat
from enrolments.seats.selectors import seats_of
from tests.enrolments.given import assign, given_pack, given_session
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.admin_pages import text_of
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db


def now():
    return timezone.now()


def days(count):
    return timezone.localdate() + datetime.timedelta(days=count)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def bob(account):
    user = UserFactory(email="bob@example.org")
    return MembershipFactory(account=account, is_owner=False, is_operator=True, user=user).user


@pytest.fixture
def client(bob):
    client = Client(headers={"accept-language": "en"})
    client.force_login(bob)
    return client


@pytest.fixture
def course():
    """A course that begins in seven days."""
    return CourseFactory(short_name="SEC-FIRE", first_day=days(7))


@pytest.fixture
def other():
    return CourseFactory(short_name="SEC-AID", first_day=days(60))


def placed(account, course, bob, limit, name="carol"):
    [seat] = given_pack(account, now=now(), move_days_before=limit)
    assign(seat, course, f"{name}@example.org", bob, now=now())
    return Seat.objects.get(pk=seat.pk)


def move(seat, to, bob, **how):
    return move_seat(account=seat.account, seat_id=seat.pk, to=to, actor=bob, language="en", **({"now": now()} | how))


@pytest.mark.parametrize("limit", [None, 0, 7])
def test_until_the_last_day_people_are_moved(account, course, other, bob, limit):
    assert move(placed(account, course, bob, limit), other, bob).course == other


@pytest.mark.parametrize("limit", [8, 30])
def test_after_the_last_day_they_are_not(account, course, other, bob, limit):
    seat = placed(account, course, bob, limit)
    with pytest.raises(MovedTooLate) as refused:
        move(seat, other, bob)
    assert refused.value.day == days(7 - limit)
    assert Seat.objects.get(pk=seat.pk).course == course


def test_without_a_first_day_there_is_no_last_one(account, other, bob):
    seat = placed(account, CourseFactory(short_name="ON-DEMAND"), bob, 8)
    assert move(seat, other, bob).course == other


def test_a_session_has_the_same_limit(account, course, bob):
    made = given_session(course, account, learners=(UserFactory(email="carol@example.org"),), move_days_before=8)
    other = given_session(course, account, blanks=1)
    with pytest.raises(MovedTooLate):
        move(made.batch.seats.get(), other.group, bob)


def test_of_many_those_in_time_are_moved_and_the_preview_says_why_not(account, course, other, bob):
    late, in_time = placed(account, course, bob, 8, "carol"), placed(account, course, bob, 7, "dan")
    seats = list(seats_of(account).order_by("pk"))
    [first, second] = look_at(account=account, act=Act.MOVE, seats=seats, to=other, now=now())
    assert (first.code, second.code) == ("moved_too_late", "")
    assert first.code in WhyNot.values
    assert "could be moved until" in first.why_not

    wanted = {late.pk: None, in_time.pk: None}
    moved = move_seats(account=account, seats=wanted, to=other, actor=bob, language="en", now=now())

    assert list(moved.seats) == [in_time.pk]
    assert isinstance(moved.refused[late.pk], MovedTooLate)


def test_seats_given_to_another_account_keep_the_limit(account, course):
    [seat] = given_pack(account, now=now(), move_days_before=8)
    given = give_seats(
        batch_id=seat.batch_id, from_account_id=account.pk, to_account_id=MembershipFactory().account_id, number=1,
        actor=UserFactory(), reason="", now=now(),
    )  # fmt: skip
    assert given.batch.move_days_before == 8


def test_the_desk_tells_the_last_day_and_after_it_offers_nothing(client, account, course, other, bob):
    seat = placed(account, course, bob, 7)
    shown = client.get(reverse("account-seat", args=[account.pk, seat.pk])).text
    assert "Can be moved until" in shown
    url = reverse("account-seat-move", args=[account.pk, seat.pk])
    assert 'name="to"' in client.get(url).text

    late = placed(account, course, bob, 8, "dan")
    url = reverse("account-seat-move", args=[account.pk, late.pk])
    page = client.get(url).text
    assert "This person could be moved until" in page
    assert 'name="to"' not in page
    client.post(url, {"to": f"course:{other.pk}", "reason": "", "seen": ""})
    assert Seat.objects.get(pk=late.pk).course == course


def test_the_shop_lets_the_account_move_them_all_the_same(account, course, other, bob):
    seat = placed(account, course, bob, 8)
    client = browser_of(staff("enrolments.view_seatbatch", "enrolments.lift_move_limit"))
    url = reverse("admin:enrolments_seatbatch_lift_move_limit", args=[seat.batch_id])
    assert url in client.get(reverse("admin:enrolments_seatbatch_change", args=[seat.batch_id])).text

    assert "can be moved at any time now" in text_of(client.post(url, follow=True))

    assert move(seat, other, bob).course == other
    assert LogEntry.objects.get().object_id == str(seat.batch_id)
    assert "at any time already" in text_of(client.post(url, follow=True))
    assert client.post(reverse("admin:enrolments_seatbatch_lift_move_limit", args=[0])).status_code == 404


def test_only_with_the_right(account, course, bob):
    seat = placed(account, course, bob, 8)
    client = browser_of(staff("enrolments.view_seatbatch"))
    url = reverse("admin:enrolments_seatbatch_lift_move_limit", args=[seat.batch_id])
    assert client.post(url).status_code == 403
    assert url not in client.get(reverse("admin:enrolments_seatbatch_change", args=[seat.batch_id])).text
    seat.batch.refresh_from_db()
    assert seat.batch.move_days_before == 8


@pytest.mark.parametrize(
    ("handler", "parameters"),
    [
        ("std_generateseats", {"courselist": "SEC-FIRE"}),
        ("std_setuponecoursesession", {"coursename": "SEC-FIRE"}),
    ],
)
def test_the_limit_is_that_of_the_sale(course, handler, parameters):
    entry = EntryFactory(handler=handler, parameters=parameters, tiers={1: "100.00"}, move_days_before=10)
    owner = MembershipFactory(is_owner=True)
    order = place(make_cart(entry, user=owner.user), user=owner.user, account=owner.account)
    entry.move_days_before = None
    entry.save()
    pay(order)
    deliver(order)

    assert [seat.batch.move_days_before for seat in Seat.objects.select_related("batch")] == [10]
    visitor = Client(headers={"accept-language": "en"})
    visitor.force_login(owner.user)
    assert movable_in_words(10) in visitor.get(reverse("order", args=[order.token])).text


def test_the_page_of_the_entry_says_it():
    entry = EntryFactory(move_days_before=3)
    with translation.override("fr"):
        said = movable_in_words(3)
    page = Client(headers={"accept-language": "fr"}).get(f"/e/{entry.code}/").text
    assert said in page
    assert movable_in_words(None) == ""


def test_a_seat_can_be_freed_all_the_same(account, course, other, bob):
    """The limit holds for moves; a seat goes on to be freed until its person begins."""
    seat = placed(account, course, bob, 8)
    release_seat(account=account, seat_id=seat.pk, actor=bob, now=now())
    assert Seat.objects.get(pk=seat.pk).state == "available"
