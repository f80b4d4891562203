"""At the same moment.

Operators of one account answer the same request for a course: some place the person, one declines.
"""

import pytest

from enrolments.grounds.models import Ground
from enrolments.requests import services
from enrolments.requests.models import CourseRequest
from enrolments.requests.services import decline_request, place_request
from enrolments.seats.models import Seat
from outbox.mails.models import Mail
from tests.enrolments.given import NOW, assign, given_pack
from tests.enrolments.requests.given import ask, given_desk
from tests.factories.accounts import MembershipFactory
from tests.factories.enrolments import CourseFactory
from tests.rivals.processes import Rival, errors_among, race, values_among

# Each has seen the request open; closing it comes next.
ABOUT_TO_ANSWER = [(services, "_answer")]


def given_request(seats):
    desk = given_desk()
    packs = given_pack(desk.account, seats=seats)
    operators = [desk.bob, *(each.user for each in MembershipFactory.create_batch(2, account=desk.account))]
    return desk, ask(desk, CourseFactory()), packs, operators


def placing(desk, asked, seat, operator):
    def work():
        place_request(
            account=desk.account,
            request_id=asked.pk,
            batch_id=seat.batch_id,
            operator=operator,
            language="en",
            now=NOW,
        )
        return operator.pk

    return work


def declining(desk, asked, operator):
    def work():
        decline_request(account=desk.account, request_id=asked.pk, operator=operator, words="", language="en", now=NOW)
        return operator.pk

    return work


@pytest.mark.parametrize("seats", [1, 3])
def test_one_answer_counts_and_the_others_are_told_by_whom(seats):
    desk, asked, packs, operators = given_request(seats)

    answers = race(
        *(placing(desk, asked, packs[0], operator) for operator in operators),
        declining(desk, asked, operators[-1]),
        before=ABOUT_TO_ANSWER,
    )

    asked = CourseRequest.objects.get(pk=asked.pk)
    assert values_among(answers) == [asked.answered_by_id]
    assert errors_among(answers) == ["RequestAnswered"] * 3
    is_placed = asked.state == "placed"
    assert Seat.objects.filter(batch=packs[0].batch_id, state="assigned").count() == is_placed
    assert Ground.objects.live().filter(enrolment__course=asked.course, kind="seat").count() == is_placed
    assert Mail.objects.filter(kind="course_request_answered").count() == (not is_placed)


def without_looking_at_the_state():
    def answer(asked, state, *, now, by=None, **values):
        changes = {"state": state, "answered_at": now, "answered_by": by, "seat": None} | values
        CourseRequest.objects.filter(pk=asked.pk).update(**changes)

    services._answer = answer


def test_control_without_the_guard_a_declined_request_has_a_seat_too():
    desk, asked, packs, operators = given_request(1)

    answers = race(
        Rival(placing(desk, asked, packs[0], operators[0]), before=ABOUT_TO_ANSWER),
        declining(desk, asked, operators[1]),
        in_turn=True,
        without=without_looking_at_the_state,
    )

    assert errors_among(answers) == []
    assert Seat.objects.filter(batch=packs[0].batch_id, state="assigned").count() == 1
    assert Mail.objects.filter(kind="course_request_answered").count() == 1


def test_the_last_seat_taken_while_a_request_is_accepted_leaves_the_request_open():
    desk, asked, packs, operators = given_request(1)
    other = CourseFactory()

    accepted, assigned = race(
        Rival(placing(desk, asked, packs[0], operators[0]), before=[(services, "assign_seat")]),
        lambda: assign(packs[0], other, "dave@example.org", operators[1]).is_used,
        in_turn=True,
    )

    assert (accepted.error, assigned.value) == ("NoSeatLeft", True)
    assert CourseRequest.objects.get(pk=asked.pk).is_open
