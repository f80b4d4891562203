"""Arithmetic of places: the people and things that take one, and holding places from checkout to delivery."""

import pytest
from django.utils import translation

from enrolments.courses.places.models import PlaceHold
from enrolments.courses.places.services import (
    CourseClosed,
    CourseFull,
    CourseOver,
    free,
    hold_places,
    release_hold,
    retake_holds,
    taken,
)
from enrolments.courses.roles.models import Role
from enrolments.grounds.by_hand import end_by_hand, enrol_by_hand
from enrolments.grounds.enrol_line import end_line_grounds, enrol_on_line
from enrolments.values import Period, Terms
from tests.enrolments.given import NOW, assign, day, days, given_pack, given_session, new_line
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory, role

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory()


def hold(course, account, places, **how):
    line = how.pop("line", None) or new_line(account)
    hold_places(course=course, line=line, places=places, **({"now": NOW} | how))
    return line


def test_people_blank_seats_and_holds_take_places(account):
    course = CourseFactory(capacity=10)
    bob, carol = UserFactory.create_batch(2)
    given_session(course, account, learners=(bob,), tutors=(carol,), blanks=3)
    hold(course, account, 4)

    assert taken([course.pk]) == {course.pk: 9}
    assert free([course.pk]) == {course.pk: 1}


def test_a_person_takes_one_place_however_many_purchases_and_roles_stand_behind_them(account):
    course = CourseFactory()
    bob = UserFactory()
    given_session(course, account, learners=(bob,))
    given_session(course, CustomerAccountFactory(), tutors=(bob,))
    [seat] = given_pack(CustomerAccountFactory())
    assign(seat, course, bob.email, UserFactory())

    assert taken([course.pk]) == {course.pk: 1}


def test_a_course_without_capacity_has_no_limit(account):
    course = CourseFactory()
    hold(course, account, 5_000)

    assert free([course.pk]) == {course.pk: None}


def test_courses_are_counted_apart(account):
    one, other, empty = CourseFactory.create_batch(3, capacity=5)
    hold(one, account, 2)
    given_session(other, account, blanks=3)

    assert taken([one.pk, other.pk, empty.pk]) == {one.pk: 2, other.pk: 3, empty.pk: 0}


def test_more_than_is_free_is_not_held(account):
    course = CourseFactory(capacity=5)
    hold(course, account, 3)

    with pytest.raises(CourseFull):
        hold(course, account, 3)

    assert PlaceHold.objects.count() == 1
    assert taken([course.pk]) == {course.pk: 3}


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ({"is_visible": False}, CourseClosed),
        ({"enrolment_closes_on": day("2026-03-01")}, CourseClosed),
        ({"enrolment_opens_on": day("2026-03-03")}, CourseClosed),
        ({"last_day": day("2026-03-01")}, CourseOver),
    ],
)
def test_only_an_open_course_is_held(account, state, error):
    course = CourseFactory(**state)

    with pytest.raises(error):
        hold(course, account, 1)

    assert not PlaceHold.objects.exists()


def test_holding_again_for_a_line_replaces_the_number(account):
    course = CourseFactory(capacity=5)
    line = hold(course, account, 3)

    hold(course, account, 5, line=line)

    assert taken([course.pk]) == {course.pk: 5}


def test_a_released_hold_frees_its_places_once(account):
    course = CourseFactory(capacity=5)
    line = hold(course, account, 3)

    release_hold(line_id=line.line_id, now=NOW)
    release_hold(line_id=line.line_id, now=NOW)

    assert taken([course.pk]) == {course.pk: 0}


def test_part_of_a_hold_can_be_given_back(account):
    course = CourseFactory(capacity=5)
    line = hold(course, account, 3)

    release_hold(line_id=line.line_id, now=NOW, places=1)
    assert taken([course.pk]) == {course.pk: 2}

    release_hold(line_id=line.line_id, now=NOW, places=2)
    assert taken([course.pk]) == {course.pk: 0}
    assert not PlaceHold.objects.live().exists()


@pytest.mark.parametrize("given_back", [1, 2, 3, 4])
def test_what_is_left_of_a_hold_stays_held_however_much_is_given_back(account, given_back):
    course, other = CourseFactory.create_batch(2, capacity=5)
    line = hold(course, account, 5)
    hold(other, account, 1)

    release_hold(line_id=line.line_id, now=NOW, places=given_back)

    assert taken([course.pk, other.pk]) == {course.pk: 5 - given_back, other.pk: 1}
    assert PlaceHold.objects.live().get(course=course).places == 5 - given_back


def test_a_line_gives_the_same_number_back_in_each_of_its_courses(account):
    small, large = CourseFactory.create_batch(2, capacity=5)
    line = hold(small, account, 2)
    hold(large, account, 3, line=line)

    release_hold(line_id=line.line_id, now=NOW, places=2)

    assert taken([small.pk, large.pk]) == {small.pk: 0, large.pk: 1}


def test_late_money_takes_all_places_again_though_the_course_has_closed(account):
    course = CourseFactory(capacity=3)
    line = hold(course, account, 3)
    release_hold(line_id=line.line_id, now=NOW)
    course.is_visible = False
    course.save()

    retake_holds(order_id=line.order_id, now=NOW + days(2))

    assert taken([course.pk]) == {course.pk: 3}


def test_late_money_gets_nothing_unless_it_gets_all(account):
    roomy, tight = CourseFactory.create_batch(2, capacity=3)
    line = hold(roomy, account, 3)
    second = new_line(account, order_id=line.order_id)
    hold(tight, account, 2, line=second)
    for each in (line, second):
        release_hold(line_id=each.line_id, now=NOW)
    hold(tight, account, 2)

    with pytest.raises(CourseFull):
        retake_holds(order_id=line.order_id, now=NOW)

    assert taken([roomy.pk, tight.pk]) == {roomy.pk: 0, tight.pk: 2}


def test_late_money_for_a_course_that_is_over_gets_nothing(account):
    course = CourseFactory(last_day=day("2026-03-02"))
    line = hold(course, account, 1)
    release_hold(line_id=line.line_id, now=NOW)

    with pytest.raises(CourseOver):
        retake_holds(order_id=line.order_id, now=NOW + days(1))

    assert not PlaceHold.objects.live().exists()


def test_somebody_who_takes_a_course_themselves_gets_the_place_that_was_held(account):
    course = CourseFactory(capacity=1)
    line = hold(course, account, 1)
    bob = UserFactory()

    enrol_on_line(
        line=line, course=course, user=bob, role=role(Role.STUDENT), group=None, terms=Terms(), now=NOW + days(1)
    )

    assert taken([course.pk]) == {course.pk: 1}
    assert not PlaceHold.objects.live().exists()
    assert end_line_grounds(line_id=line.line_id, reason="Refund", now=NOW + days(2)) == 1
    assert taken([course.pk]) == {course.pk: 0}


def test_the_merchants_hand_keeps_to_the_capacity_and_ends_alone(account):
    course = CourseFactory(capacity=1, is_visible=False)
    bob, carol = UserFactory.create_batch(2)
    student = role(Role.STUDENT)

    enrolment = enrol_by_hand(course=course, user=bob, role=student, period=Period(NOW), now=NOW)
    with pytest.raises(CourseFull):
        enrol_by_hand(course=course, user=carol, role=student, period=Period(NOW), now=NOW)

    assert taken([course.pk]) == {course.pk: 1}
    assert end_by_hand(enrolment=enrolment, reason="Mistake", now=NOW)
    assert not end_by_hand(enrolment=enrolment, reason="Mistake", now=NOW)
    assert taken([course.pk]) == {course.pk: 0}


def test_a_refusal_names_the_course(account):
    closed = CourseFactory(name_en="First aid", name_fr="Secours", is_visible=False)
    over = CourseFactory(name_en="Old times", name_fr="Autrefois")
    line = hold(over, account, 1)
    release_hold(line_id=line.line_id, now=NOW)
    over.last_day = day("2026-03-01")
    over.save()

    with translation.override("en"):
        with pytest.raises(CourseClosed, match="First aid"):
            hold(closed, account, 1)
        with pytest.raises(CourseOver, match="Old times"):
            hold(over, account, 1)
        with pytest.raises(CourseOver, match="Old times"):
            retake_holds(order_id=line.order_id, now=NOW)
