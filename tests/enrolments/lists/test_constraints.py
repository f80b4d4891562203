"""Raw SQL cannot make lists of people untrue."""

import pytest

from outbox.jobs.running import run_due_jobs
from tests.constraints import broken, run
from tests.enrolments.given import given_pack
from tests.enrolments.lists.given import begin, given_list, people, place
from tests.factories.accounts import MembershipFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    operator = MembershipFactory(is_operator=True)
    given_pack(operator.account, seats=4)
    rows = people("ada@example.org", "bob@example.org")
    return given_list(operator.account, operator.user, rows, CourseFactory())


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("entry_code = ''", broken("enrolments_list_source")),
        ("mode = 'some'", broken("enrolments_list_mode")),
        ("state = 'lost', reserved_at = now()", broken("enrolments_list_state")),
        ("version = 0", broken("enrolments_list_version")),
        ("ended_at = now()", broken("enrolments_list_ended_when_over")),
        ("state = 'done', reserved_at = now()", broken("enrolments_list_ended_when_over")),
        ("state = 'placing'", broken("enrolments_list_reserved_first")),
        ("reserved_at = now()", broken("enrolments_list_reserved_first")),
    ],
)
def test_a_list_is_in_a_state_that_exists(draft, change, refusal):
    with refusal:
        run(f"UPDATE enrolments_peoplelist SET {change}")


def test_a_draft_is_there_once(draft):
    other = given_list(draft.account, draft.operator, people("eve@example.org"), draft.course)

    with broken("enrolments_list_draft_once"):
        run("UPDATE enrolments_peoplelist SET fingerprint = %s WHERE id = %s", draft.fingerprint, other.pk)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("line = 3", broken("enrolments_listrow_line")),
        ("line = 0", broken("enrolments_listrow_line_number")),
        ("step = 'kept'", broken("enrolments_listrow_shape")),
        ("step = 'placed'", broken("enrolments_listrow_shape")),
        ("took_place = true", broken("enrolments_listrow_shape")),
        ("step = 'gone'", broken("enrolments_listrow_shape")),
        ("told_at = now()", broken("enrolments_listrow_told")),
    ],
)
def test_a_row_has_the_shape_of_its_step(draft, change, refusal):
    with refusal:
        run(f"UPDATE enrolments_listrow SET {change} WHERE line = 2")


def test_a_seat_is_kept_for_one_row_of_all_lists(draft):
    begin(draft)
    run_due_jobs(limit=1)
    kept = draft.rows.get(line=2)
    other = given_list(draft.account, draft.operator, people("eve@example.org"), draft.course).rows.get()

    with broken("enrolments_listrow_seat_kept_once"):
        run(
            "UPDATE enrolments_listrow SET step = 'kept', seat_id = %s, role_id = %s WHERE id = %s",
            kept.seat_id, kept.role_id, other.pk,
        )  # fmt: skip


def test_nobody_is_placed_twice_in_a_course_by_one_list(draft):
    place(draft)
    first, second = draft.rows.order_by("line")

    with broken("enrolments_listrow_person_once"):
        run("UPDATE enrolments_listrow SET person_id = %s WHERE id = %s", first.person_id, second.pk)
    with broken("enrolments_listrow_address_once"):
        run("UPDATE enrolments_listrow SET address = %s WHERE id = %s", first.address, second.pk)
    with broken("enrolments_listrow_seat_once"):
        run("UPDATE enrolments_listrow SET seat_id = %s WHERE id = %s", first.seat_id, second.pk)
