"""Freed places are offered in turn, for a time, and go to nobody else meanwhile."""

import pytest

from enrolments.courses.places.services import CourseFull, free, hold_places, taken
from enrolments.courses.services import save_course
from enrolments.waiting.errors import InCourseAlready, NothingToWaitFor, TooFewFreeSeats, WaitingPlaceNotFound
from enrolments.waiting.models import WaitingPlace
from enrolments.waiting.services import give_up, offer_free_places, wait_as_account
from outbox.mails.models import Mail
from tests.enrolments.given import NOW, assign, days, given_pack, new_line
from tests.enrolments.waiting.given import account_waits, frees, full_course, operator_with_seats, waits
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


def state(place):
    place.refresh_from_db()
    return place.state


def test_a_place_freed_is_offered_to_the_first_who_takes_it():
    course, [seat] = full_course()
    first, second = waits(course), waits(course, now=NOW + days(1))
    frees(seat)

    offer_free_places(now=NOW + days(2))

    assert (state(first), state(second)) == ("offered", "waiting")
    assert first.offer_ends_at == NOW + days(4)
    assert list(Mail.objects.filter(kind="waiting_offered").values_list("recipient", flat=True)) == [first.person.email]
    [other] = given_pack(CustomerAccountFactory())
    assign(other, course, first.person.email, UserFactory(), now=NOW + days(3))
    assert (state(first), first.taken) == ("taken", 1)
    assert taken([course.pk]) == {course.pk: 1}


def test_while_people_wait_nobody_else_gets_what_is_free():
    course, [seat] = full_course()
    place = waits(course)
    frees(seat)
    line = new_line(CustomerAccountFactory())

    assert taken([course.pk]) == {course.pk: 0}
    assert free([course.pk]) == {course.pk: 0}
    with pytest.raises(CourseFull):
        hold_places(course=course, line=line, places=1, now=NOW)
    offer_free_places(now=NOW)
    assert taken([course.pk]) == {course.pk: 1}
    with pytest.raises(CourseFull):
        hold_places(course=course, line=line, places=1, now=NOW)
    assert free([course.pk], user_id=place.person_id) == {course.pk: 1}
    hold_places(course=course, line=line, places=1, now=NOW, user_id=place.person_id)
    assert state(place) == "taken"
    assert taken([course.pk]) == {course.pk: 1}


def test_an_offer_not_taken_goes_to_the_next():
    course, [seat] = full_course()
    first, second = waits(course), waits(course)
    frees(seat)
    offer_free_places(now=NOW)

    with pytest.raises(CourseFull):
        hold_places(
            course=course, line=new_line(CustomerAccountFactory()), places=1, now=NOW + days(2), user_id=first.person_id
        )
    offer_free_places(now=NOW + days(2))

    assert (state(first), state(second)) == ("lapsed", "offered")
    assert Mail.objects.filter(kind="waiting_lapsed", recipient=first.person.email).count() == 1
    assert taken([course.pk]) == {course.pk: 1}


def test_whoever_declines_or_leaves_makes_room_for_the_next():
    course, [seat] = full_course()
    first, second, third = (waits(course) for _number in range(3))
    frees(seat)
    offer_free_places(now=NOW)

    give_up(place=second, now=NOW)
    give_up(place=first, now=NOW)

    assert (state(first), state(second), state(third)) == ("declined", "left", "offered")
    with pytest.raises(WaitingPlaceNotFound):
        give_up(place=first, now=NOW)


def test_an_account_is_offered_as_many_as_are_free_and_waits_on_for_the_rest():
    course, seats = full_course(places=3)
    operator, account, own = operator_with_seats()
    place, person = account_waits(course, account, operator, 3), waits(course, now=NOW + days(0.1))
    for seat in seats[:2]:
        frees(seat)

    offer_free_places(now=NOW)

    assert (state(place), place.places, state(person)) == ("offered", 2, "waiting")
    rest = WaitingPlace.objects.get(account=account, state="waiting")
    assert (rest.places, rest.joined_at) == (1, place.joined_at)
    assign(own[0], course, "ada@example.org", operator)
    assert (state(place), place.taken) == ("offered", 1)
    assign(own[1], course, "bob@example.org", operator)
    assert state(place) == "taken"
    with pytest.raises(CourseFull):
        assign(own[2], course, "eve@example.org", operator)
    frees(seats[2])
    offer_free_places(now=NOW)
    assert (state(rest), state(person)) == ("offered", "waiting")
    assign(own[2], course, "eve@example.org", operator)
    assert taken([course.pk]) == {course.pk: 3}


def test_a_larger_capacity_is_offered_before_it_is_free():
    course, _seats = full_course()
    people = [waits(course) for _number in range(2)]
    course.capacity = 4

    save_course(course=course)

    assert free([course.pk]) == {course.pk: 0}
    offer_free_places(now=NOW)
    assert [state(place) for place in people] == ["offered", "offered"]
    assert free([course.pk]) == {course.pk: 1}


def test_without_a_limit_everybody_is_offered_a_place():
    course, _seats = full_course()
    place = waits(course)
    course.capacity = None
    save_course(course=course)

    offer_free_places(now=NOW)

    assert state(place) == "offered"
    [other] = given_pack(CustomerAccountFactory())
    assign(other, course, place.person.email, UserFactory())
    assert state(place) == "taken"


def test_nobody_waits_for_what_is_free_nor_twice_nor_for_a_course_they_are_in():
    course, [seat] = full_course()
    seat.refresh_from_db()
    person = UserFactory()

    with pytest.raises(NothingToWaitFor):
        waits(CourseFactory(capacity=1), person)
    with pytest.raises(InCourseAlready):
        waits(course, seat.person)
    assert waits(course, person) == waits(course, person)
    assert Mail.objects.filter(kind="waiting_joined").count() == 1


def test_an_account_waits_for_no_more_than_its_free_seats():
    course, _seats = full_course()
    operator, account, _own = operator_with_seats(2)

    with pytest.raises(TooFewFreeSeats):
        account_waits(course, account, operator, 3)
    place = account_waits(course, account, operator, 2)
    assert account_waits(course, account, operator, 1) == place
    with pytest.raises(WaitingPlaceNotFound):
        account_waits(course, account, UserFactory(), 1)
    with pytest.raises(WaitingPlaceNotFound):
        give_up(place=place, now=NOW, operator=UserFactory())
    give_up(place=place, now=NOW, operator=operator)
    assert state(place) == "left"


def test_a_larger_number_waits_at_the_end_and_a_smaller_one_keeps_its_turn():
    course, _seats = full_course()
    operator, account, _own = operator_with_seats(3)
    place = account_waits(course, account, operator, 2)

    account_waits(course, account, operator, 1, now=NOW + days(1))
    place.refresh_from_db()
    assert (place.places, place.joined_at) == (1, NOW)
    account_waits(course, account, operator, 3, now=NOW + days(2))
    place.refresh_from_db()
    assert (place.places, place.joined_at) == (3, NOW + days(2))


def test_an_account_is_offered_no_more_than_its_free_seats_can_fill():
    course, seats = full_course(places=3)
    operator, account, own = operator_with_seats(3)
    place = account_waits(course, account, operator, 3)
    without_seats, used_up, [only] = operator_with_seats(1)
    idle = account_waits(course, used_up, without_seats, 1)
    person = waits(course, now=NOW + days(0.1))
    assign(own[0], CourseFactory(), "ada@example.org", operator)
    assign(only, CourseFactory(), "bob@example.org", without_seats)
    for seat in seats:
        frees(seat)

    offer_free_places(now=NOW)

    assert (state(place), place.places) == ("offered", 2)
    assert (state(idle), state(person)) == ("left", "offered")


def test_whoever_is_in_the_course_by_now_is_offered_nothing():
    course, seats = full_course(places=2)
    place = waits(course)
    course.capacity = 3
    save_course(course=course)
    [other] = given_pack(CustomerAccountFactory())
    offer_free_places(now=NOW)
    assign(other, course, place.person.email, UserFactory())
    later = waits(course)
    frees(seats[0])

    offer_free_places(now=NOW)

    assert (state(place), state(later)) == ("taken", "offered")


def test_a_course_that_is_over_ends_its_list():
    course, [seat] = full_course()
    place = waits(course)
    course.last_day = NOW.date()
    course.save()
    frees(seat)

    offer_free_places(now=NOW + days(2))

    assert state(place) == "over"


def test_a_closed_course_offers_nothing():
    course, [seat] = full_course()
    place = waits(course)
    course.is_visible = False
    course.save()
    frees(seat)

    offer_free_places(now=NOW)

    assert state(place) == "waiting"


def test_an_offer_ends_with_enrolment():
    course, [seat] = full_course()
    place = waits(course)
    course.enrolment_closes_on = NOW.date()
    course.save()
    frees(seat)

    offer_free_places(now=NOW)
    place.refresh_from_db()

    assert place.offer_ends_at < NOW + days(1)


def test_the_same_number_of_queries_for_any_number_of_courses_without_a_list(django_assert_num_queries):
    for _number in range(5):
        full_course()
    with django_assert_num_queries(1):
        offer_free_places(now=NOW)


def test_wait_as_account_by_somebody_else_is_refused():
    course, _seats = full_course()
    _operator, account, _own = operator_with_seats()

    with pytest.raises(WaitingPlaceNotFound):
        wait_as_account(account=account, course=course, places=1, operator=UserFactory(), language="en", now=NOW)
