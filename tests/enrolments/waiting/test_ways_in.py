"""Every way into a course: none leads past those who wait for it."""

from __future__ import annotations

import pytest
from django.db import transaction

from enrolments.courses.models import Course
from enrolments.courses.places.services import CourseFull, hold_places, release_hold, retake_holds, taken
from enrolments.courses.roles.models import Role
from enrolments.grounds.by_hand import enrol_by_hand
from enrolments.grounds.enrol_line import enrol_on_line
from enrolments.grounds.support import SupportOutcome, enrol_in_support
from enrolments.seats.expire import expire_seats
from enrolments.seats.models import Seat
from enrolments.seats.move import move_seat
from enrolments.seats.release import release_seat
from enrolments.values import Period, Terms
from enrolments.waiting.models import WaitingPlace
from enrolments.waiting.services import offer_free_places
from enrolments.waiting.tokens import new_token
from tests.enrolments.extension.given import extended
from tests.enrolments.given import NOW, assign, days, given_pack, given_session, new_line
from tests.enrolments.joining.given import given_link, joins, token
from tests.enrolments.lists.given import given_list, people, place
from tests.enrolments.waiting.given import full_course, operator_with_seats, waits
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory, role

pytestmark = pytest.mark.django_db


def as_a_delivery(work):
    """Run in a transaction of its own, which is rolled back as a whole, like that of a line's hook."""

    def run():
        with transaction.atomic():
            work()

    return run


def by_checkout(course: Course):
    line = new_line(CustomerAccountFactory())
    return lambda: hold_places(course=course, line=line, places=1, now=NOW)


def by_late_money(course: Course):
    line = new_line(CustomerAccountFactory())
    hold_places(course=course, line=line, places=1, now=NOW)
    release_hold(line_id=line.line_id, now=NOW)
    return lambda: retake_holds(order_id=line.order_id, now=NOW)


def by_delivery(course: Course):
    line, user = new_line(CustomerAccountFactory()), UserFactory()
    return as_a_delivery(
        lambda: enrol_on_line(
            line=line, course=course, user=user, role=role(), group=None, terms=Terms(), now=NOW, unit_index=0
        )
    )


def by_session(course: Course):
    account = CustomerAccountFactory()
    return as_a_delivery(lambda: given_session(course, account, blanks=1))


def by_seat(course: Course):
    operator, _account, [seat] = operator_with_seats(1)
    return lambda: assign(seat, course, "ada@example.org", operator)


def by_list(course: Course):
    operator, account, _seats = operator_with_seats(1)

    def run():
        done = place(given_list(account, operator, people("ada@example.org"), course))
        if done.state != "done" or done.rows.get().step != "placed":
            raise CourseFull(course)

    return run


def by_link(course: Course):
    operator, _account, [seat] = operator_with_seats(1)
    link = given_link(seat.batch, operator, course=course)
    return lambda: joins(token(link), "ada@example.org")


def by_move(course: Course):
    operator, account, [seat] = operator_with_seats(1)
    assign(seat, CourseFactory(), "ada@example.org", operator)
    return lambda: move_seat(
        account=account, seat_id=seat.pk, to=course, actor=operator, language="en", now=NOW + days(1)
    )


def by_hand(course: Course):
    user = UserFactory()
    period = Period(NOW, None)
    return lambda: enrol_by_hand(course=course, user=user, role=role(), period=period, now=NOW)


def by_support(course: Course):
    line, user = new_line(CustomerAccountFactory()), UserFactory()

    def run():
        if enrol_in_support(course=course, user=user, line=line, now=NOW) is SupportOutcome.FULL:
            raise CourseFull(course)

    return run


def by_seat_without_its_place(course: Course):
    """Fill a session's seat whose person stayed in the course on another ground."""
    operator, account, [_pack] = operator_with_seats(1)
    person = UserFactory()
    period = Period(NOW, None)
    enrol_by_hand(course=course, user=person, role=role(), period=period, now=NOW)
    seat = Seat.objects.get(batch=given_session(course, account, learners=(person,)).batch)
    release_seat(account=account, seat_id=seat.pk, actor=operator, now=NOW)
    Course.objects.filter(pk=course.pk).update(capacity=course.capacity + 1)
    course.refresh_from_db()
    return lambda: assign(seat, course, "ada@example.org", operator)


def by_extension(course: Course):
    """Bring an expired seat of a session back, which takes a place again."""
    account = CustomerAccountFactory()
    seat = Seat.objects.get(batch=given_session(course, account, blanks=1).batch)
    Seat.objects.filter(pk=seat.pk).update(valid_until=NOW + days(1))
    expire_seats(now=NOW + days(2))
    return as_a_delivery(lambda: extended(account, seat, now=NOW + days(3)))


WAYS = [
    by_checkout,
    by_late_money,
    by_delivery,
    by_session,
    by_seat,
    by_list,
    by_link,
    by_move,
    by_hand,
    by_support,
    by_seat_without_its_place,
    by_extension,
]


@pytest.fixture
def course():
    """A course with one place that is free."""
    return CourseFactory(capacity=1)


def waited_for(course):
    """Have somebody wait since the course was full; now it is not."""
    return WaitingPlace.objects.create(course=course, person=UserFactory(), joined_at=NOW, **new_token())


@pytest.mark.parametrize("way", WAYS)
def test_every_way_leads_in_while_nobody_waits(course, way):
    go = way(course)
    before = taken([course.pk])[course.pk]

    go()

    assert taken([course.pk]) == {course.pk: before + 1}


@pytest.mark.parametrize("way", WAYS)
def test_no_way_in_leads_past_those_who_wait(course, way):
    go = way(course)
    before = taken([course.pk])[course.pk]
    waiting = waited_for(course)

    with pytest.raises(CourseFull):
        go()

    assert taken([course.pk]) == {course.pk: before}
    offer_free_places(now=NOW)
    waiting.refresh_from_db()
    assert waiting.state == "offered"
    with pytest.raises(CourseFull):
        go()
    assert taken([course.pk]) == {course.pk: before + 1}


def test_a_blank_seat_of_a_session_is_filled_though_people_wait():
    course, account, operator = CourseFactory(capacity=1), CustomerAccountFactory(), UserFactory()
    seat = Seat.objects.get(batch=given_session(course, account, blanks=1).batch)
    waits(course)

    assign(seat, course, "ada@example.org", operator)

    assert taken([course.pk]) == {course.pk: 1}
    assert WaitingPlace.objects.get().state == "waiting"


def test_a_supervisor_takes_no_place_from_those_who_wait():
    course, [seat] = full_course()
    waits(course)
    teacher = role(Role.TEACHER)

    enrol_by_hand(course=course, user=UserFactory(), role=teacher, period=Period(NOW, None), now=NOW)

    assert taken([course.pk]) == {course.pk: 1}
    assert given_pack(seat.account)
