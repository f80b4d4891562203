"""Raw SQL cannot make acts on many seats untrue."""

import pytest

from enrolments.runs.running import start_run
from enrolments.seats.many import Act, fingerprint_of, look_at
from enrolments.seats.models import Seat
from tests.constraints import broken, run
from tests.enrolments.given import NOW, assign, given_pack
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


def given_run(act=Act.RELEASE, people=()):
    operator = MembershipFactory(is_operator=True)
    account, course = operator.account, CourseFactory()
    for seat in given_pack(account, seats=2):
        assign(seat, course, f"p{seat.pk}@example.org", operator.user)
    seats = [] if people else list(Seat.objects.filter(account=account).select_related("batch", "role"))
    given = {"account": account, "act": act, "seats": seats, "people": people, "to": None, "now": NOW}
    seen = fingerprint_of(act, None, look_at(**given))
    return start_run(**given, seen=seen, actor=operator.user, language="en")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("act = 'sell'", broken("enrolments_run_act")),
        ("act = 'move'", broken("enrolments_run_target")),
        ("course_id = (SELECT min(id) FROM enrolments_course)", broken("enrolments_run_target")),
        ("state = 'lost'", broken("enrolments_run_state")),
        ("state = 'done'", broken("enrolments_run_state")),
        ("ended_at = now()", broken("enrolments_run_state")),
    ],
)
def test_a_run_is_in_a_state_that_exists(change, refusal):
    given_run()

    with refusal:
        run(f"UPDATE enrolments_run SET {change}")


def test_an_act_is_under_way_once():
    first, second = given_run(), given_run()

    with broken("enrolments_run_under_way_once"):
        run(
            "UPDATE enrolments_run SET fingerprint = %s, account_id = %s WHERE id = %s",
            first.fingerprint, first.account_id, second.pk,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("position = 1", broken("enrolments_runrow_position")),
        ("seat_id = (SELECT min(id) FROM enrolments_seat)", broken("enrolments_runrow_seat_once")),
        ("step = 'left'", broken("enrolments_runrow_step")),
        ("why = 'stopped'", broken("enrolments_runrow_step")),
        ("step = 'gone'", broken("enrolments_runrow_step")),
        ("to_seat_id = seat_id", broken("enrolments_runrow_to_seat_when_done")),
    ],
)
def test_a_row_tells_why_it_was_left_and_names_a_seat_once(change, refusal):
    given_run()

    with refusal:
        run(f"UPDATE enrolments_runrow SET {change}")


def test_a_person_without_a_seat_is_in_a_run_once():
    given_run(Act.INVITE, people=[UserFactory().pk, UserFactory().pk])

    with broken("enrolments_runrow_person_once"):
        run("UPDATE enrolments_runrow SET person_id = (SELECT min(person_id) FROM enrolments_runrow)")
