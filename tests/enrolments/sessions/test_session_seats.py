"""A session set up by one purchase, and its seats afterwards."""

import pytest
from django.db import transaction

from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.places.models import PlaceHold
from enrolments.courses.places.services import CourseFull, CourseOver, hold_places, taken
from enrolments.courses.roles.models import Role
from enrolments.grounds.models import Enrolment, EnrolmentEvent, Ground
from enrolments.grounds.supervise import supervise
from enrolments.seats.assign import AlreadyInSession
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.placing import CourseNotAllowed, WrongRole
from enrolments.seats.release import release_seat
from enrolments.values import AlreadyEnrolled, Terms
from tests.enrolments.given import NOW, assign, day, days, given_pack, given_session, history, live_grounds, new_line
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory, role

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def operator():
    return UserFactory(email="alice@example.org")


def people(count):
    return tuple(UserFactory.create_batch(count))


def test_declared_seats_are_born_assigned_and_blanks_available():
    bob, carol = people(2)
    account = CustomerAccountFactory()
    course = CourseFactory()

    made = given_session(course, account, learners=(bob,), tutors=(carol,), blanks=1)

    first, second, blank = made.batch.seats.order_by("unit_index")
    assert (first.state, first.person, first.role.code) == (SeatState.ASSIGNED, bob, "student")
    assert (second.state, second.person, second.role.code) == (SeatState.ASSIGNED, carol, "tutor")
    assert (blank.state, blank.person, blank.role, blank.course, blank.keeps_place) == (
        SeatState.AVAILABLE,
        None,
        None,
        course,
        True,
    )
    assert history(first) == [("", "assigned", "declared")]
    assert history(blank) == [("", "available", "sold")]


def test_participants_and_operator_share_the_group_of_the_order(account, operator):
    bob, carol = people(2)
    course = CourseFactory()
    line = new_line(account)

    made = given_session(course, account, learners=(bob, carol), line=line)
    supervise(
        line=line,
        course=course,
        operator=operator,
        role=role(Role.TEACHER),
        group=made.group,
        terms=Terms(),
        now=NOW,
    )

    assert made.group.name == line.order_number
    in_group = Ground.objects.live().filter(group=made.group).values_list("enrolment__user", flat=True)
    assert set(in_group) == {bob.pk, carol.pk, operator.pk}


def test_two_lines_of_an_order_make_one_session_in_one_group(account):
    bob, carol = people(2)
    course = CourseFactory()
    first = new_line(account)

    one = given_session(course, account, learners=(bob,), line=first)
    other = given_session(course, account, learners=(carol,), line=new_line(account, order_id=first.order_id))

    assert one.group == other.group
    assert CourseGroup.objects.count() == 1
    assert one.batch != other.batch


def test_delivering_a_line_twice_delivers_once(account):
    (bob,) = people(1)
    course = CourseFactory(capacity=2)
    line = new_line(account)
    first = given_session(course, account, learners=(bob,), blanks=1, line=line)

    second = given_session(course, account, learners=(bob,), blanks=1, line=line)

    assert second.batch == first.batch
    assert Seat.objects.count() == 2
    assert Ground.objects.count() == 1
    assert EnrolmentEvent.objects.filter(what="opened").count() == 1


def test_supervising_twice_is_once(account, operator):
    course = CourseFactory()
    line = new_line(account)
    made = given_session(course, account, blanks=1, line=line)
    how = {"line": line, "course": course, "operator": operator, "role": role(Role.TEACHER), "terms": Terms()}

    assert supervise(**how, group=made.group, now=NOW)
    assert supervise(**how, group=made.group, now=NOW + days(1))

    assert Ground.objects.filter(kind="supervision").count() == 1
    assert EnrolmentEvent.objects.filter(what="group_joined").count() == 1


def test_a_claim_after_the_end_supervises_nothing(account, operator):
    course = CourseFactory(last_day=day("2026-03-02"))
    line = new_line(account)
    made = given_session(course, account, blanks=1, line=line)

    done = supervise(
        line=line,
        course=course,
        operator=operator,
        role=role(Role.TEACHER),
        group=made.group,
        terms=Terms(),
        now=NOW + days(2),
    )

    assert not done
    assert not Enrolment.objects.filter(user=operator).exists()


def test_the_held_places_become_those_of_the_session(account):
    course = CourseFactory(capacity=3)
    line = new_line(account)
    hold_places(course=course, line=line, places=3, now=NOW)

    given_session(course, account, learners=people(2), blanks=1, line=line)

    assert taken([course.pk]) == {course.pk: 3}
    assert not PlaceHold.objects.live().exists()


def test_a_held_line_is_delivered_though_the_course_closed_and_hid_since(account):
    course = CourseFactory(capacity=2)
    line = new_line(account)
    hold_places(course=course, line=line, places=2, now=NOW)
    course.is_visible = False
    course.enrolment_closes_on = day("2026-03-02")
    course.save()

    made = given_session(course, account, learners=people(2), line=line, now=NOW + days(5))

    assert made.batch.seats.filter(state=SeatState.ASSIGNED).count() == 2


def test_after_the_last_day_nothing_is_delivered(account):
    course = CourseFactory(last_day=day("2026-03-02"))
    line = new_line(account)

    with pytest.raises(CourseOver), transaction.atomic():
        given_session(course, account, learners=people(1), line=line, now=NOW + days(1))

    assert not SeatBatch.objects.exists()


def test_without_a_hold_a_full_course_takes_no_session(account):
    course = CourseFactory(capacity=2)

    with pytest.raises(CourseFull), transaction.atomic():
        given_session(course, account, learners=people(2), blanks=1)

    assert not Seat.objects.exists()
    assert not Enrolment.objects.exists()


def test_nobody_sits_twice_in_one_delivery(account):
    (bob,) = people(1)

    with pytest.raises(ValueError, match="two seats"):
        given_session(CourseFactory(), account, learners=(bob,), tutors=(bob,))


def test_somebody_enrolled_keeps_the_later_end_and_the_operator_is_told_of_their_own(account, operator):
    course = CourseFactory()
    known, stranger, new = people(3)
    [mine] = given_pack(account, terms=Terms(ends_at=NOW + days(90)))
    assign(mine, course, known.email, operator)
    [theirs] = given_pack(CustomerAccountFactory(), terms=Terms(ends_at=NOW + days(200)))
    assign(theirs, course, stranger.email, UserFactory())

    made = given_session(course, account, learners=(known, stranger, new), terms=Terms(ends_at=NOW + days(30)))

    assert made.already == (AlreadyEnrolled(known.pk, NOW + days(90)),)
    ends = dict(Enrolment.objects.open().filter(role__code="student").values_list("user", "ends_at"))
    assert ends == {known.pk: NOW + days(90), stranger.pk: NOW + days(200), new.pk: NOW + days(30)}


def test_a_blank_seat_is_filled_though_the_course_is_full_closed_and_hidden(account, operator):
    course = CourseFactory(capacity=2)
    made = given_session(course, account, learners=people(1), blanks=1)
    course.is_visible = False
    course.enrolment_closes_on = day("2026-03-02")
    course.save()
    blank = made.batch.seats.get(state=SeatState.AVAILABLE)

    result = assign(blank, course, "bob@example.org", operator, now=NOW + days(3))

    assert result.is_used
    assert [ground.group for ground in live_grounds(result.user, course)] == [made.group]
    assert taken([course.pk]) == {course.pk: 2}


def test_after_the_last_day_a_blank_seat_stays_blank(account, operator):
    course = CourseFactory(last_day=day("2026-03-02"))
    made = given_session(course, account, blanks=1)

    with pytest.raises(CourseOver):
        assign(made.batch.seats.get(), course, "bob@example.org", operator, now=NOW + days(1))


def test_a_session_seat_goes_nowhere_else(account, operator):
    made = given_session(CourseFactory(), account, blanks=1)

    with pytest.raises(CourseNotAllowed):
        assign(made.batch.seats.get(), CourseFactory(), "bob@example.org", operator)


def test_a_session_seat_is_used_even_for_who_is_in_the_course_by_this_account(account, operator):
    course = CourseFactory()
    [pack] = given_pack(account)
    bob = assign(pack, course, "bob@example.org", operator).user
    made = given_session(course, account, blanks=1)

    result = assign(made.batch.seats.get(), course, "bob@example.org", operator)

    assert result.is_used
    assert live_grounds(bob, course)[-1].group == made.group


@pytest.mark.parametrize("lines", ["same line", "other line"])
def test_nobody_gets_a_second_seat_in_one_session(account, operator, lines):
    (bob,) = people(1)
    course = CourseFactory()
    line = new_line(account)
    made = given_session(course, account, learners=(bob,), blanks=1, line=line)
    if lines == "other line":
        made = given_session(course, account, blanks=1, line=new_line(account, order_id=line.order_id))

    with pytest.raises(AlreadyInSession):
        assign(made.batch.seats.get(state="available"), course, bob.email, operator)


def test_a_tutors_seat_is_only_ever_filled_by_a_tutor(account, operator):
    (tutor,) = people(1)
    course = CourseFactory()
    made = given_session(course, account, tutors=(tutor,))
    seat = release_seat(account=account, seat_id=made.batch.seats.get().pk, actor=operator, now=NOW)

    with pytest.raises(WrongRole):
        assign(seat, course, "bob@example.org", operator, role=role(Role.STUDENT))
    result = assign(seat, course, "bob@example.org", operator)

    assert Enrolment.objects.get(user=result.user).role.code == "tutor"


@pytest.mark.parametrize(("asked", "code"), [(None, "student"), ("student", "student"), ("tutor", "tutor")])
def test_a_blank_seat_is_filled_by_either(account, operator, asked, code):
    course = CourseFactory()
    made = given_session(course, account, blanks=1)

    result = assign(made.batch.seats.get(), course, "bob@example.org", operator, role=role(asked) if asked else None)

    assert Enrolment.objects.get(user=result.user).role.code == code
    assert made.batch.seats.get().role is None


def test_a_blank_seat_is_never_a_supervisors(account, operator):
    course = CourseFactory()
    made = given_session(course, account, blanks=1)

    with pytest.raises(WrongRole):
        assign(made.batch.seats.get(), course, "bob@example.org", operator, role=role(Role.TEACHER))
