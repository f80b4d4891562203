"""Numbers of seats and the sessions of the next weeks on the overview of an account."""

import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from accounts.members.models import Membership
from accounts.members.overview import cards_for
from enrolments.courses.models import Course
from enrolments.overview.coming import coming_sessions
from enrolments.overview.numbers import seat_numbers
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.enter import enter_course
from enrolments.seats.models import Seat
from tests.enrolments.given import NOW, assign, days, given_pack, given_session
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def bob(account):
    return MembershipFactory(account=account, is_owner=False, is_operator=True).user


def page(account, user, language="en"):
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client.get(f"/account/{account.pk}/").content.decode()


def numbers(each):
    return (each.free, each.assigned, each.entered, each.ending)


def test_seats_are_counted_by_entry_and_course(account, bob):
    first_aid, fire = CourseFactory(name_en="First aid"), CourseFactory(name_en="Fire")
    pack = given_pack(account, seats=5)
    ending = given_pack(account, seats=2, valid_until=NOW + days(20))
    given_pack(account, seats=1, valid_until=NOW + days(40))
    given_pack(CustomerAccountFactory(), seats=9)
    lea = assign(pack[0], first_aid, "lea@example.org", bob).user
    assign(pack[1], first_aid, "tom@example.org", bob)
    assign(pack[2], fire, "eva@example.org", bob)
    assign(ending[0], fire, "max@example.org", bob)
    enter_course(user=lea, course=first_aid, now=NOW + days(0.1))

    found = seat_numbers(account.pk, now=NOW)

    assert numbers(found.numbers) == (4, 3, 1, 1)
    [entry] = found.entries
    assert (entry.code, numbers(entry.numbers)) == ("SAFETY", (4, 3, 1, 1))
    assert sorted((each.course.pk, each.numbers.assigned, each.numbers.entered) for each in entry.courses) == [
        (first_aid.pk, 1, 1), (fire.pk, 2, 0),
    ]  # fmt: skip


def test_a_seat_with_a_validity_of_its_own_ends_by_that_one(account):
    extended, other = given_pack(account, seats=2, valid_until=NOW + days(10))
    Seat.objects.filter(pk=extended.pk).update(valid_until=NOW + days(300))

    assert seat_numbers(account.pk, now=NOW).numbers.ending == 1
    assert seat_numbers(account.pk, now=NOW + days(280)).numbers.ending == 1
    assert other.pk != extended.pk


def test_seats_are_counted_as_they_are_whether_the_hourly_task_ran_or_not(account, bob):
    over = given_pack(account, seats=2, valid_until=NOW + days(1))
    lapsed = given_pack(account, start_before_days=5)
    Seat.objects.filter(pk=over[0].pk).update(valid_until=NOW + days(300))
    assign(lapsed[0], CourseFactory(), "lea@example.org", bob)
    assert numbers(seat_numbers(account.pk, now=NOW).numbers) == (2, 1, 0, 1)

    assert numbers(seat_numbers(account.pk, now=NOW + days(40)).numbers) == (2, 0, 0, 0)


def test_revoked_and_expired_seats_are_not_counted(account):
    gone, over, _free = given_pack(account, seats=3)
    Seat.objects.filter(pk=gone.pk).update(state="revoked")
    Seat.objects.filter(pk=over.pk).update(state="expired")

    assert seat_numbers(account.pk, now=NOW).numbers.total == 1


def test_entries_used_up_come_last_the_others_as_they_were_bought(account, bob):
    for code, used in (("OLD", 0), ("FULL", 1), ("NEW", 0)):
        [seat] = given_pack(account)
        SeatBatch.objects.filter(pk=seat.batch_id).update(entry_code=code)
        if used:
            assign(seat, CourseFactory(), "lea@example.org", bob)

    assert [entry.code for entry in seat_numbers(account.pk, now=NOW).entries] == ["NEW", "OLD", "FULL"]


def test_sessions_that_run_or_begin_within_six_weeks_are_told(account):
    today = datetime.date(2026, 3, 2)

    def session(first, last, **how):
        course = CourseFactory()
        group = given_session(course, how.pop("account", account), **how).group
        Course.objects.filter(pk=course.pk).update(
            first_day=first if first is None else today + datetime.timedelta(first),
            last_day=last if last is None else today + datetime.timedelta(last),
        )
        return group

    soon = session(42, None, blanks=1)
    running = session(-3, 0, learners=(UserFactory(),), tutors=(UserFactory(),))
    session(43, None)
    session(-3, -1)
    session(-3, None)
    session(None, 5)
    session(1, 2, account=CustomerAccountFactory())

    rows = coming_sessions(account.pk, now=NOW, at_most=6)

    assert [(row.group.pk, row.people, row.blanks) for row in rows] == [(running.pk, 2, 0), (soon.pk, 0, 1)]
    assert len(coming_sessions(account.pk, now=NOW, at_most=1)) == 1


def test_the_cards_lead_to_where_the_thing_is_done(account, bob):
    course = CourseFactory(name_en="First aid", name_fr="Secourisme", first_day=timezone.localdate())
    assign(given_pack(account, seats=2)[0], course, "lea@example.org", bob)
    group = given_session(course, account, blanks=2).group

    told = page(account, bob)

    seats = f"/account/{account.pk}/seats/"
    assert f'href="{seats}?state=available"' in told
    assert f'href="{seats}?entry=SAFETY&amp;state=assigned"' in told
    assert f'href="{seats}?entry=SAFETY&amp;course={course.pk}"' in told
    assert f'href="/account/{account.pk}/sessions/{group.pk}/"' in told
    assert "2 seats to fill" in told
    assert "2 sièges à pourvoir" in page(account, bob, "fr")


def test_empty_cards_say_what_to_do_next(account, bob):
    told = page(account, bob)

    assert "There are no seats yet." in told
    assert "No session of yours begins within 6 weeks." in told


@pytest.mark.parametrize(
    ("role", "seats", "orders"),
    [("is_owner", True, True), ("is_operator", True, False), ("is_accountant", False, True), ("is_buyer", False, True)],
)
def test_each_role_sees_its_own_cards(account, role, seats, orders):
    roles = {"is_owner": False} | {role: True}

    told = page(account, MembershipFactory(account=account, **roles).user)

    assert ('id="overview-seats"' in told, 'id="overview-sessions"' in told) == (seats, seats)
    assert ('id="overview-orders"' in told) == orders


def test_takes_as_many_queries_for_many_seats(account, bob):
    membership = Membership.objects.get(user=bob)

    def queries():
        with CaptureQueriesContext(connection) as made, override("en"):
            cards_for(membership, now=NOW)
        return len(made)

    assign(given_pack(account)[0], CourseFactory(), "lea@example.org", bob)
    given_session(CourseFactory(first_day=datetime.date(2026, 3, 9)), account, blanks=1)
    once = queries()
    for number in range(8):
        assign(given_pack(account, seats=9)[0], CourseFactory(), f"p{number}@example.org", bob)
        given_session(CourseFactory(first_day=datetime.date(2026, 3, 9)), account, blanks=3)

    assert queries() == once
