"""Many people are placed on free seats at once: all rows, or none."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.people.models import User
from enrolments.courses.places.services import CourseFull
from enrolments.courses.roles.models import Role
from enrolments.grounds.models import Enrolment, EnrolmentEvent, Ground
from enrolments.seats.assign import AlreadyInSession, assign_seats
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.moves import SeatNotFound, SeatNotFree
from enrolments.seats.placing import CourseNotAllowed, RowsRefused, SeatWanted
from outbox.mails.models import Mail
from tests.enrolments.given import NOW, assign, days, given_pack, given_session, new_line, typed
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory, role

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def operator(account):
    return MembershipFactory(account=account, is_operator=True).user


def rows(seats, course, *emails):
    return [
        SeatWanted(seat_id=seat.pk, course=course, person=typed(email))
        for seat, email in zip(seats, emails, strict=True)
    ]


def assign_all(account, operator, wanted, now=NOW):
    return assign_seats(account=account, wanted=wanted, operator=operator, language="en", now=now)


def refusals(account, operator, wanted):
    """The refusals by row; nothing was written."""
    before = (User.objects.count(), SeatEvent.objects.count(), Enrolment.objects.count(), Mail.objects.count())
    with pytest.raises(RowsRefused) as refused:
        assign_all(account, operator, wanted)
    after = (User.objects.count(), SeatEvent.objects.count(), Enrolment.objects.count(), Mail.objects.count())
    assert after == before
    return {index: type(refusal) for index, refusal in refused.value.rows.items()}


def test_everybody_gets_enrolment_group_mail_and_supervisor(account, operator):
    course = CourseFactory()
    seats = given_pack(account, seats=3)
    known = UserFactory(email="bob@example.org")

    done = assign_all(account, operator, rows(seats, course, "ada@example.org", "Bob@example.org", "eve@example.org"))

    assert [(each.is_used, each.is_new, each.user.email) for each in done] == [
        (True, True, "ada@example.org"),
        (True, False, "bob@example.org"),
        (True, True, "eve@example.org"),
    ]
    for each, seat in zip(done, seats, strict=True):
        seat.refresh_from_db()
        assert (seat.state, seat.person, seat.course, seat.assigned_by) == ("assigned", each.user, course, operator)
        assert (seat.enrolment.user, seat.enrolment.role.code) == (each.user, Role.STUDENT)
        assert [event.person for event in seat.events.filter(to_state="assigned")] == [each.user]
    assert Ground.objects.live().filter(kind="supervision", enrolment__user=operator).count() == 3
    assert Ground.objects.live().values("group").distinct().count() == 1
    assert EnrolmentEvent.objects.filter(what="group_joined").count() == 4
    assert set(Mail.objects.values_list("kind", "recipient")) == {
        ("invitation", "ada@example.org"),
        ("seat_assigned", known.email),
        ("invitation", "eve@example.org"),
    }


def test_the_same_person_twice_uses_one_seat(account, operator):
    course = CourseFactory(last_day=(NOW + days(10)).date())
    seats = given_pack(account, seats=2)

    first, second = assign_all(account, operator, rows(seats, course, "ada@example.org", "ADA@example.org"))

    assert (first.is_used, second.is_used) == (True, False)
    assert (first.is_new, second.is_new) == (True, False)
    assert second.until == first.until is not None
    assert [seat.state for seat in Seat.objects.order_by("pk")] == [SeatState.ASSIGNED, SeatState.AVAILABLE]


def test_one_person_in_two_courses_gets_one_invitation(account, operator):
    seats = given_pack(account, seats=2)
    courses = CourseFactory.create_batch(2)
    wanted = [
        SeatWanted(seat_id=seat.pk, course=course, person=typed("ada@example.org"))
        for seat, course in zip(seats, courses, strict=True)
    ]

    assert all(each.is_used for each in assign_all(account, operator, wanted))

    [mail] = Mail.objects.all()
    assert [course["name"] for course in mail.context["courses"]] == [course.name_en for course in courses]


def test_each_refused_row_is_named_and_none_is_assigned(account, operator):
    course, other = CourseFactory(), CourseFactory()
    free, taken = given_pack(account, seats=2)
    [foreign] = given_pack(CustomerAccountFactory())
    [limited] = given_pack(account, course_list=other.short_name)
    assign(taken, course, "carol@example.org", operator)
    wanted = rows(
        [free, taken, foreign, limited, *given_pack(account)],
        course,
        "ada@example.org",
        "b@example.org",
        "c@example.org",
        "d@example.org",
        "no address",
    )

    assert refusals(account, operator, wanted) == {
        1: SeatNotFree,
        2: SeatNotFound,
        3: CourseNotAllowed,
        4: ValidationError,
    }
    free.refresh_from_db()
    assert free.state == SeatState.AVAILABLE


def test_one_seat_is_given_once(account, operator):
    [seat] = given_pack(account)

    assert refusals(account, operator, rows([seat, seat], CourseFactory(), "a@example.org", "b@example.org")) == {
        1: SeatNotFree
    }


def test_a_course_is_never_overfull(account, operator):
    course = CourseFactory(capacity=2)
    seats = given_pack(account, seats=3)

    emails = ("a@example.org", "b@example.org", "c@example.org")
    assert refusals(account, operator, rows(seats, course, *emails)) == dict.fromkeys(range(3), CourseFull)
    assert all(each.is_used for each in assign_all(account, operator, rows(seats[:2], course, *emails[:2])))


def test_blank_seats_of_a_full_course_are_filled(account, operator):
    course = CourseFactory(capacity=2)
    given_session(course, account, blanks=2, line=new_line(account))
    seats = list(Seat.objects.order_by("pk"))

    done = assign_all(
        account,
        operator,
        [
            SeatWanted(seat_id=seats[0].pk, course=course, person=typed("ada@example.org")),
            SeatWanted(seat_id=seats[1].pk, course=course, person=typed("tom@example.org"), role=role(Role.TUTOR)),
        ],
    )

    assert [each.seat.enrolment.role.code for each in done] == [Role.STUDENT, Role.TUTOR]


def test_nobody_sits_twice_in_a_session(account, operator):
    course = CourseFactory()
    bob = UserFactory(email="bob@example.org")
    given_session(course, account, learners=(bob,), blanks=3, line=new_line(account))
    blanks = list(Seat.objects.filter(state="available").order_by("pk"))

    wanted = rows(blanks, course, "ada@example.org", "ada@example.org", "bob@example.org")

    assert refusals(account, operator, wanted) == {1: AlreadyInSession, 2: AlreadyInSession}


def test_two_hundred_take_as_many_statements_as_two(account, operator):
    course = CourseFactory()

    def statements(count, of):
        seats = given_pack(account, seats=count)
        UserFactory(email=f"known@{of}")
        emails = [f"known@{of}", *(f"new{number}@{of}" for number in range(count - 1))]
        with CaptureQueriesContext(connection) as captured:
            done = assign_all(account, operator, rows(seats, course, *emails))
        assert sum(each.is_used for each in done) == count
        return len(captured)

    statements(2, "zero.example")
    assert statements(2, "two.example") == statements(200, "many.example") <= 36


def test_who_places_nobody_for_the_account_finds_no_seat(account):
    with pytest.raises(SeatNotFound):
        assign_all(account, UserFactory(), rows(given_pack(account), CourseFactory(), "ada@example.org"))
