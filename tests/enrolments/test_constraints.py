"""Constraints of courses, enrolments and seats, each broken by raw SQL."""

import pytest
from django.db import connection

from enrolments.courses.groups.services import order_group
from enrolments.courses.places.models import PlaceHold
from enrolments.courses.places.services import hold_places
from enrolments.grounds.by_hand import enrol_by_hand
from enrolments.grounds.enrol_line import enrol_on_line
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.history.models import SeatEvent
from enrolments.values import Period, Terms
from tests.constraints import broken, copy, run
from tests.enrolments.extension.given import extended
from tests.enrolments.given import NOW, assign, days, given_pack, given_session, new_line
from tests.enrolments.requests.given import ask, given_desk
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory, CourseGroupFactory, RoleFactory, role

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def assigned(account):
    """Return an assigned seat of a pack, with a person and a supervisor."""
    [seat] = given_pack(account)
    assign(seat, CourseFactory(), "bob@example.org", UserFactory())
    seat.refresh_from_db()
    return seat


# Courses


def test_a_short_name_is_unique_without_regard_to_case():
    CourseFactory(short_name="SEC-É")
    other = CourseFactory()
    with broken("enrolments_course_short_name_ci"):
        run("UPDATE enrolments_course SET short_name = 'sec-é' WHERE id = %s", other.pk)


MALFORMED = ["", " SEC", "SEC ", "\u00a0SEC", "A,B", "A*", "A%", "A&B", "A=B", "A/B", "A\nB", "A\tB"]


@pytest.mark.parametrize("short_name", MALFORMED)
def test_a_short_name_has_its_form(short_name):
    course = CourseFactory()
    with broken("enrolments_course_short_name_form"):
        run("UPDATE enrolments_course SET short_name = %s WHERE id = %s", short_name, course.pk)


@pytest.mark.parametrize("short_name", ["A", "SEC 1", "SEC_1", "É-2026", "C++", "a.b"])
def test_other_short_names_pass(short_name):
    run("UPDATE enrolments_course SET short_name = %s WHERE id = %s", short_name, CourseFactory().pk)


def test_enrolment_does_not_close_before_it_opens():
    course = CourseFactory()
    with broken("enrolments_course_enrolment_period"):
        run(
            "UPDATE enrolments_course SET enrolment_opens_on = '2026-03-02', enrolment_closes_on = '2026-03-01'"
            " WHERE id = %s",
            course.pk,
        )


def test_the_last_day_does_not_come_before_the_first():
    course = CourseFactory()
    with broken("enrolments_course_days"):
        run("UPDATE enrolments_course SET first_day = '2026-03-02', last_day = '2026-03-01' WHERE id = %s", course.pk)


def test_a_capacity_is_at_least_one():
    course = CourseFactory()
    with broken("enrolments_course_capacity"):
        run("UPDATE enrolments_course SET capacity = 0 WHERE id = %s", course.pk)


def test_groups_are_none_visible_or_separate():
    course = CourseFactory()
    with broken("enrolments_course_group_mode"):
        run("UPDATE enrolments_course SET group_mode = 'secret' WHERE id = %s", course.pk)


def test_no_course_takes_a_name_that_another_has_or_had():
    CourseFactory(short_name="FIRE", former_names=["SEC-1"])
    other = CourseFactory()
    with broken("enrolments_coursename_name_ci"):
        run("INSERT INTO enrolments_coursename (course_id, name) VALUES (%s, 'sec-1')", other.pk)


@pytest.mark.parametrize("name", MALFORMED)
def test_a_former_name_has_the_form_of_a_short_name(name):
    course = CourseFactory()
    with broken("enrolments_coursename_name_form"):
        run("INSERT INTO enrolments_coursename (course_id, name) VALUES (%s, %s)", course.pk, name)


def test_a_role_is_of_a_known_kind():
    with broken("enrolments_role_kind"):
        run("UPDATE enrolments_role SET kind = 'spy' WHERE id = %s", RoleFactory().pk)


def test_a_roles_code_is_unique():
    first, second = RoleFactory(), RoleFactory()
    with broken("enrolments_role_code_key"):
        run("UPDATE enrolments_role SET code = %s WHERE id = %s", first.code, second.pk)


def test_a_roles_code_is_plain():
    with broken("enrolments_role_code"):
        run("UPDATE enrolments_role SET code = 'Head of x' WHERE id = %s", RoleFactory().pk)


# Groups


def test_an_order_has_one_group_in_a_course(account):
    group = order_group(course=CourseFactory(), line=new_line(account))
    with broken("enrolments_coursegroup_order"):
        copy("enrolments_coursegroup", group.pk, name="another")


def test_a_standing_groups_name_is_unique_in_its_course():
    group = CourseGroupFactory(name="Mornings")
    with broken("enrolments_coursegroup_standing_name"):
        copy("enrolments_coursegroup", group.pk, name="MORNINGS")


def test_another_course_may_use_the_name():
    group = CourseGroupFactory(name="Mornings")
    copy("enrolments_coursegroup", group.pk, course_id=CourseFactory().pk)


@pytest.mark.parametrize("missing", ["order_id", "account_id"])
def test_an_orders_group_belongs_to_its_account(account, missing):
    group = order_group(course=CourseFactory(), line=new_line(account))
    with broken("enrolments_coursegroup_order_has_account"):
        run(f"UPDATE enrolments_coursegroup SET {missing} = NULL WHERE id = %s", group.pk)


# Enrolments and grounds


def test_a_person_is_enrolled_once_in_a_role(assigned):
    with broken("enrolments_enrolment_open_unique"):
        copy("enrolments_enrolment", assigned.enrolment_id)


def test_a_closed_enrolment_leaves_room_for_another(assigned):
    copy("enrolments_enrolment", assigned.enrolment_id, closed_at=NOW)


def test_an_enrolment_does_not_end_before_it_starts(assigned):
    with broken("enrolments_enrolment_period"):
        run("UPDATE enrolments_enrolment SET ends_at = starts_at WHERE id = %s", assigned.enrolment_id)


def test_a_ground_is_of_a_known_kind(assigned):
    ground = Ground.objects.get(seat=assigned, kind="seat")
    with broken("enrolments_ground_kind"):
        # The shape is checked too, later in the alphabet.
        run("UPDATE enrolments_ground SET kind = 'whim' WHERE id = %s", ground.pk)


@pytest.mark.parametrize("kind", ["seat", "supervision"])
def test_a_seat_carries_one_person_and_one_supervisor(assigned, kind):
    ground = Ground.objects.get(seat=assigned, kind=kind)
    other = Enrolment.objects.exclude(pk=ground.enrolment_id).first()
    with broken("enrolments_ground_seat_unique"):
        copy("enrolments_ground", ground.pk, enrolment_id=other.pk)


def test_an_ended_ground_leaves_the_seat_to_another(assigned):
    copy("enrolments_ground", Ground.objects.get(seat=assigned, kind="seat").pk, ended_at=NOW, ended_reason="released")


def enrol_once(account, unit_index):
    enrol_on_line(
        line=new_line(account),
        course=CourseFactory(),
        user=UserFactory(),
        role=role(),
        group=None,
        terms=Terms(),
        now=NOW,
        unit_index=unit_index,
    )
    return Ground.objects.get().pk


def test_a_line_is_one_ground_of_an_enrolment(account):
    ground = enrol_once(account, None)
    with broken("enrolments_ground_line_once"):
        copy("enrolments_ground", ground)


def test_a_unit_is_one_ground_of_an_enrolment(account):
    ground = enrol_once(account, 7)
    with broken("enrolments_ground_unit_unique"):
        copy("enrolments_ground", ground)
    copy("enrolments_ground", ground, unit_index=8)


def test_a_row_of_a_unit_is_one_ground_of_an_enrolment(account):
    """Grounds written by the previous release have the row of a unit and no index."""
    ground = enrol_once(account, 7)
    run("UPDATE enrolments_ground SET unit_id = 7, unit_index = NULL WHERE id = %s", ground)
    with broken("enrolments_ground_line_once"):
        copy("enrolments_ground", ground)


def test_the_merchants_hand_is_one_ground():
    enrol_by_hand(course=CourseFactory(), user=UserFactory(), role=role(), period=Period(NOW), now=NOW)
    with broken("enrolments_ground_merchant_unique"):
        copy("enrolments_ground", Ground.objects.get().pk)


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'merchant'",
        "kind = 'line'",
        "kind = 'support'",
        "seat_id = NULL",
        "account_id = NULL",
        "kind = 'supervision', seat_id = NULL, line_id = NULL",
        "kind = 'line', seat_id = NULL, line_id = NULL",
    ],
)
def test_a_ground_refers_to_what_its_kind_needs(assigned, change):
    ground = Ground.objects.get(seat=assigned, kind="seat")
    with broken("enrolments_ground_shape"):
        run(f"UPDATE enrolments_ground SET {change} WHERE id = %s", ground.pk)


def test_a_ground_does_not_end_before_it_starts(assigned):
    with broken("enrolments_ground_period"):
        run("UPDATE enrolments_ground SET ends_at = starts_at WHERE seat_id = %s", assigned.pk)


def test_an_event_tells_something_known(assigned):
    with broken("enrolments_enrolmentevent_what"):
        run("UPDATE enrolments_enrolmentevent SET what = 'vanished' WHERE enrolment_id = %s", assigned.enrolment_id)


# Places


def test_a_line_holds_a_course_once(account):
    hold_places(course=CourseFactory(), line=new_line(account), places=1, now=NOW)
    with broken("enrolments_placehold_course_line"):
        copy("enrolments_placehold", PlaceHold.objects.get().pk)


def test_a_hold_is_for_at_least_one(account):
    hold_places(course=CourseFactory(), line=new_line(account), places=1, now=NOW)
    with broken("enrolments_placehold_places"):
        run("UPDATE enrolments_placehold SET places = 0")


# Seats


def test_a_line_has_one_batch(account):
    [seat] = given_pack(account)
    with broken("enrolments_seatbatch_line"):
        copy("enrolments_seatbatch", seat.batch_id)


def test_an_account_has_one_batch_of_seats_given_from_a_line(account):
    [seat] = given_pack(account)
    copy("enrolments_seatbatch", seat.batch_id, given_from_id=seat.batch_id)
    with broken("enrolments_seatbatch_given_once"):
        copy("enrolments_seatbatch", seat.batch_id, given_from_id=seat.batch_id)


def test_only_seats_of_a_pack_are_given(account):
    made = given_session(CourseFactory(), account, blanks=1)
    with broken("enrolments_seatbatch_given_pack"):
        copy("enrolments_seatbatch", made.batch.pk, given_from_id=made.batch.pk)


def test_only_a_free_seat_is_given(account):
    [seat] = given_pack(account)
    event = SeatEvent.objects.get(seat=seat)
    with broken("enrolments_seatevent_given"):
        run("UPDATE enrolments_seatevent SET given_to_id = %s WHERE id = %s", account.pk, event.pk)


@pytest.mark.parametrize("change", ["source = 'session'", "source = 'gift'", "course_id = %(course)s"])
def test_a_pack_has_no_course_and_a_session_has(account, change):
    [seat] = given_pack(account)
    course = CourseFactory()
    with broken("enrolments_seatbatch_source_shape"), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE enrolments_seatbatch SET {change} WHERE id = %(batch)s",
            {"batch": seat.batch_id, "course": course.pk},
        )


def test_a_sessions_batch_has_its_group(account):
    made = given_session(CourseFactory(), account, blanks=1)
    with broken("enrolments_seatbatch_source_shape"):
        run("UPDATE enrolments_seatbatch SET group_id = NULL WHERE id = %s", made.batch.pk)


def test_a_duration_is_at_least_a_day(account):
    [seat] = given_pack(account)
    with broken("enrolments_seatbatch_duration"):
        run("UPDATE enrolments_seatbatch SET duration_days = 0 WHERE id = %s", seat.batch_id)


def test_a_unit_of_a_line_has_each_number_once(account):
    [seat] = given_pack(account)
    with broken("enrolments_seat_of_unit_once"):
        copy("enrolments_seat", seat.pk)


def test_another_unit_another_number_and_another_line_have_their_own_seats(account):
    [seat], [other] = given_pack(account), given_pack(account)
    copy("enrolments_seat", seat.pk, unit_index=1)
    copy("enrolments_seat", seat.pk, number=2)
    copy("enrolments_seat", seat.pk, batch_id=other.batch_id, number=2)


def test_a_row_of_a_unit_has_each_number_once(account):
    """Seats written by the previous release have the row of a unit and no index."""
    [seat] = given_pack(account)
    run("UPDATE enrolments_seat SET unit_id = 7, unit_index = NULL WHERE id = %s", seat.pk)
    with broken("enrolments_seat_unit_number"):
        copy("enrolments_seat", seat.pk)


def test_a_seat_is_of_a_unit(account):
    [seat] = given_pack(account)
    with broken("enrolments_seat_has_unit"):
        run("UPDATE enrolments_seat SET unit_index = NULL WHERE id = %s", seat.pk)


def test_seats_are_numbered_from_one(account):
    [seat] = given_pack(account)
    with broken("enrolments_seat_number"):
        run("UPDATE enrolments_seat SET number = 0 WHERE id = %s", seat.pk)


@pytest.mark.parametrize(
    "change",
    [
        "person_id = NULL",
        "course_id = NULL",
        "enrolment_id = NULL",
        "assigned_at = NULL",
        "consumed_at = now()",
        "state = 'available'",
        "state = 'expired'",
        "state = 'revoked'",
        "state = 'consumed'",
        "state = 'lost'",
    ],
)
def test_an_assigned_seat_has_a_person_a_course_and_an_enrolment(assigned, change):
    with broken("enrolments_seat_shape"):
        run(f"UPDATE enrolments_seat SET {change} WHERE id = %s", assigned.pk)


@pytest.mark.parametrize("column", ["person_id", "course_id", "enrolment_id", "assigned_at", "consumed_at"])
def test_a_consumed_seat_has_all_of_it(assigned, column):
    run("UPDATE enrolments_seat SET state = 'consumed', consumed_at = now() WHERE id = %s", assigned.pk)
    with broken("enrolments_seat_shape"):
        run(f"UPDATE enrolments_seat SET {column} = NULL WHERE id = %s", assigned.pk)


@pytest.mark.parametrize("column", ["person_id", "assigned_by_id"])
def test_an_available_seat_has_nobody(account, column):
    [seat] = given_pack(account)
    with broken("enrolments_seat_shape"):
        run(f"UPDATE enrolments_seat SET {column} = %s WHERE id = %s", UserFactory().pk, seat.pk)


@pytest.mark.parametrize("column", ["assigned_at", "consumed_at"])
def test_an_available_seat_was_neither_assigned_nor_consumed(account, column):
    [seat] = given_pack(account)
    with broken("enrolments_seat_shape"):
        run(f"UPDATE enrolments_seat SET {column} = %s WHERE id = %s", NOW + days(1), seat.pk)


def test_an_available_seat_has_no_enrolment(account, assigned):
    [seat] = given_pack(account)
    with broken("enrolments_seat_shape"):
        run("UPDATE enrolments_seat SET enrolment_id = %s WHERE id = %s", assigned.enrolment_id, seat.pk)


def test_only_a_free_seat_keeps_a_place(assigned):
    with broken("enrolments_seat_keeps_place"):
        run("UPDATE enrolments_seat SET keeps_place = true WHERE id = %s", assigned.pk)


def test_what_is_taught_is_valid_for_a_month_at_least(assigned):
    with broken("enrolments_seatbatch_qualification"):
        run("UPDATE enrolments_seatbatch SET qualification_months = 0 WHERE id = %s", assigned.batch_id)
    with broken("enrolments_ground_qualification"):
        run("UPDATE enrolments_ground SET qualification_months = 0 WHERE enrolment_id = %s", assigned.enrolment_id)


def test_a_seat_keeps_its_place_in_a_course(account):
    [seat] = given_pack(account)
    with broken("enrolments_seat_keeps_place"):
        run("UPDATE enrolments_seat SET keeps_place = true WHERE id = %s", seat.pk)


@pytest.mark.parametrize(
    ("from_state", "to_state"),
    [
        ("consumed", "available"),
        ("consumed", "assigned"),
        ("revoked", "available"),
        ("expired", "assigned"),
        ("available", "consumed"),
        ("available", "available"),
        ("", "consumed"),
        ("", "revoked"),
    ],
)
def test_no_move_outside_the_life_of_a_seat(account, from_state, to_state):
    [seat] = given_pack(account)
    event = SeatEvent.objects.get(seat=seat)
    with broken("enrolments_seatevent_move"):
        copy("enrolments_seatevent", event.pk, from_state=from_state, to_state=to_state)


# Requests


def test_one_request_of_a_person_for_a_course_is_open_at_an_account():
    asked = ask(given_desk(), CourseFactory())
    with broken("enrolments_request_open_once"):
        copy("enrolments_courserequest", asked.pk)


@pytest.mark.parametrize(
    "values",
    [
        "answered_at = now()",
        "answer = 'No'",
        "answered_by_id = person_id",
        "state = 'placed'",
        "state = 'placed', answered_at = now()",
        "state = 'declined', answered_by_id = person_id",
        "state = 'declined', answered_at = now(), answered_by_id = person_id, seat_id = 1",
        "state = 'withdrawn'",
        "state = 'withdrawn', answered_at = now(), answered_by_id = person_id",
        "state = 'lost', answered_at = now()",
    ],
)
def test_a_request_has_the_shape_of_its_state(values):
    asked = ask(given_desk(), CourseFactory())
    with broken("enrolments_request_shape"):
        run(f"UPDATE enrolments_courserequest SET {values} WHERE id = %s", asked.pk)


# Extensions


@pytest.fixture
def extension(account):
    [seat] = given_pack(account, valid_until=NOW + days(1))
    extended(account, seat)
    return seat.extensions.get()


def test_a_unit_extends_one_seat_once(extension):
    with broken("enrolments_seatextension_unit_once"):
        copy("enrolments_seatextension", extension.pk)


def test_an_extension_ends_after_it_begins(extension):
    with broken("enrolments_seatextension_period"):
        run("UPDATE enrolments_seatextension SET ends_at = starts_at WHERE id = %s", extension.pk)
