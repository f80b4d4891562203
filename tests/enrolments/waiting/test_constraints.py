"""Raw SQL cannot make waiting lists untrue."""

import pytest

from enrolments.waiting.services import offer_free_places
from tests.constraints import broken, run
from tests.enrolments.given import NOW
from tests.enrolments.waiting.given import account_waits, frees, full_course, operator_with_seats, waits

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    """Place that was offered to a person."""
    course, [seat] = full_course()
    waiting = waits(course)
    frees(seat)
    offer_free_places(now=NOW)
    waiting.refresh_from_db()
    return waiting


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("places = 2", broken("enrolments_waitingplace_holder")),
        ("person_id = NULL", broken("enrolments_waitingplace_holder")),
        ("taken = 1", broken("enrolments_waitingplace_shape")),
        ("ended_at = now()", broken("enrolments_waitingplace_shape")),
        ("state = 'taken', ended_at = now()", broken("enrolments_waitingplace_shape")),
        ("state = 'waiting'", broken("enrolments_waitingplace_shape")),
        ("state = 'gone'", broken("enrolments_waitingplace_shape")),
        ("offer_ends_at = offered_at", broken("enrolments_waitingplace_offer")),
        ("offer_ends_at = NULL", broken("enrolments_waitingplace_offer")),
    ],
)
def test_an_offer_is_of_one_person_for_a_time(place, change, refusal):
    with refusal:
        run(f"UPDATE enrolments_waitingplace SET {change}")


COPY = """
INSERT INTO enrolments_waitingplace (course_id, person_id, account_id, places, joined_at, nonce, token_hash)
SELECT course_id, person_id, account_id, places, joined_at, nonce, %s FROM enrolments_waitingplace WHERE id = %s
"""


def test_nobody_waits_twice_for_a_course(place):
    with broken("enrolments_waitingplace_person_once"):
        run(COPY, "other", place.pk)


def test_an_account_has_one_turn_in_a_list():
    course, _seats = full_course()
    operator, account, _own = operator_with_seats()
    waiting = account_waits(course, account, operator)

    with broken("enrolments_waitingplace_account_once"):
        run(COPY, "other", waiting.pk)


def test_an_address_leads_to_one_place(place):
    person = waits(place.course)
    with broken("enrolments_waitingplace_token_hash_key"):
        run("UPDATE enrolments_waitingplace SET token_hash = %s WHERE id = %s", place.token_hash, person.pk)


EVENT = """
INSERT INTO enrolments_waitingevent (account_id, course_id, at, what, places)
SELECT account_id, course_id, joined_at, %s, %s FROM enrolments_waitingplace WHERE id = %s
"""


@pytest.mark.parametrize(
    ("what", "places", "refusal"),
    [
        ("gone", 1, broken("enrolments_waitingevent_what")),
        ("joined", 0, broken("enrolments_waitingevent_places")),
    ],
)
def test_an_event_tells_what_became_of_some_places(what, places, refusal):
    course, _seats = full_course()
    operator, account, _own = operator_with_seats()
    waiting = account_waits(course, account, operator)

    with refusal:
        run(EVENT, what, places, waiting.pk)
