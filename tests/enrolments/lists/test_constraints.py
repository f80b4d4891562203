"""Raw SQL cannot make lists of people untrue."""

import pytest
from django.db import IntegrityError, connection, transaction

from enrolments.lists.models import ListRow, PeopleList
from enrolments.seats.models import Seat
from outbox.jobs.running import run_due_jobs
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


def refused(statement, *values):
    """The constraint that refuses a statement."""
    with pytest.raises(IntegrityError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return error.value.__cause__.diag.constraint_name


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("entry_code = ''", "enrolments_list_source"),
        ("mode = 'some'", "enrolments_list_mode"),
        ("state = 'lost', reserved_at = now()", "enrolments_list_state"),
        ("version = 0", "enrolments_list_version"),
        ("ended_at = now()", "enrolments_list_ended_when_over"),
        ("state = 'done', reserved_at = now()", "enrolments_list_ended_when_over"),
        ("state = 'placing'", "enrolments_list_reserved_first"),
        ("reserved_at = now()", "enrolments_list_reserved_first"),
    ],
)
def test_a_list_is_in_a_state_that_exists(draft, change, constraint):
    assert refused(f"UPDATE enrolments_peoplelist SET {change}") == constraint


def test_a_draft_is_there_once(draft):
    other = given_list(draft.account, draft.operator, people("eve@example.org"), draft.course)

    answer = refused("UPDATE enrolments_peoplelist SET fingerprint = %s WHERE id = %s", draft.fingerprint, other.pk)

    assert answer == "enrolments_list_draft_once"


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("line = 3", "enrolments_listrow_line"),
        ("line = 0", "enrolments_listrow_line_number"),
        ("step = 'kept'", "enrolments_listrow_shape"),
        ("step = 'placed'", "enrolments_listrow_shape"),
        ("took_place = true", "enrolments_listrow_shape"),
        ("step = 'gone'", "enrolments_listrow_shape"),
        ("told_at = now()", "enrolments_listrow_told"),
    ],
)
def test_a_row_has_the_shape_of_its_step(draft, change, constraint):
    assert refused(f"UPDATE enrolments_listrow SET {change} WHERE line = 2") == constraint


def test_a_seat_is_kept_for_one_row_of_all_lists(draft):
    begin(draft)
    run_due_jobs(limit=1)
    first, second = draft.rows.order_by("line")
    seat = first.seat_id

    same = refused("UPDATE enrolments_listrow SET seat_id = %s WHERE id = %s", seat, second.pk)
    other = given_list(draft.account, draft.operator, people("eve@example.org"), draft.course).rows.get()
    elsewhere = refused("UPDATE enrolments_listrow SET step = 'kept', seat_id = %s WHERE id = %s", seat, other.pk)

    assert same in ("enrolments_listrow_seat_kept_once", "enrolments_listrow_seat_once")
    assert elsewhere == "enrolments_listrow_seat_kept_once"


def test_nobody_is_placed_twice_in_a_course_by_one_list(draft):
    place(draft)
    first, second = draft.rows.order_by("line")

    by_person = refused("UPDATE enrolments_listrow SET person_id = %s WHERE id = %s", first.person_id, second.pk)
    by_address = refused("UPDATE enrolments_listrow SET address = %s WHERE id = %s", first.address, second.pk)
    by_seat = refused("UPDATE enrolments_listrow SET seat_id = %s WHERE id = %s", first.seat_id, second.pk)

    assert (by_person, by_address, by_seat) == (
        "enrolments_listrow_person_once",
        "enrolments_listrow_address_once",
        "enrolments_listrow_seat_once",
    )


def test_rows_and_kept_seats_belong_to_lists_that_exist(draft):
    assert Seat.objects.exists()
    assert PeopleList.objects.count() == 1
    assert ListRow.objects.count() == 2
    assert refused("UPDATE enrolments_seat SET people_list_id = 0").startswith("enrolments_seat_people_list_id")
    assert refused("UPDATE enrolments_listrow SET people_list_id = 0").startswith("enrolments_listrow_people_list_id")
