"""Frozen orders: nobody is placed, moved or let in, no place is lost, and who has entered goes on."""

from __future__ import annotations

import pytest

from common.refusals import Refused
from enrolments.courses.models import Course
from enrolments.courses.places.services import taken
from enrolments.grounds.enrol_line import enrol_on_line
from enrolments.seats import assign as assign_module
from enrolments.seats import moves
from enrolments.seats.batches.models import FrozenFor, SeatBatch
from enrolments.seats.enter import CourseFrozen, enter_course
from enrolments.seats.expire import expire_seats
from enrolments.seats.freezing import set_frozen
from enrolments.seats.give import give_seats
from enrolments.seats.lapse import lapse_seats
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.move import move_seat
from enrolments.seats.moves import SeatFrozen
from enrolments.seats.release import release_seat
from enrolments.seats.revoke import revoke_seats
from enrolments.values import Terms
from tests.constraints import broken, run
from tests.enrolments.given import NOW, assign, days, given_pack, given_session, new_line
from tests.enrolments.joining.given import given_link, joins, token
from tests.enrolments.lists.given import given_list, people, place
from tests.enrolments.waiting.given import operator_with_seats
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory, role

pytestmark = pytest.mark.django_db
BOTH = [FrozenFor.WITHDRAWAL, FrozenFor.DISPUTE]


@pytest.fixture
def course():
    return CourseFactory(capacity=5)


def freeze(seat: Seat, *reasons: FrozenFor, now=NOW) -> None:
    set_frozen(order_id=seat.batch.order_id, reasons={seat.batch.line_id: reasons or [FrozenFor.WITHDRAWAL]}, now=now)


def thaw(seat: Seat, now=NOW) -> None:
    set_frozen(order_id=seat.batch.order_id, reasons={seat.batch.line_id: []}, now=now)


def by_seat(course: Course):
    operator, _account, [seat] = operator_with_seats(1)
    return seat, lambda: assign(seat, course, "ada@example.org", operator)


def by_blank_of_a_session(course: Course):
    operator, account, _seats = operator_with_seats(1)
    seat = Seat.objects.get(batch=given_session(course, account, blanks=1).batch)
    return seat, lambda: assign(seat, course, "ada@example.org", operator)


def by_list(course: Course):
    operator, account, [seat] = operator_with_seats(1)

    def go():
        done = place(given_list(account, operator, people("ada@example.org"), course))
        if done.state != "done" or done.rows.get().step != "placed":
            raise SeatFrozen(None, None, "")

    return seat, go


def by_link(course: Course):
    operator, _account, [seat] = operator_with_seats(1)
    link = given_link(seat.batch, operator, course=course)
    return seat, lambda: joins(token(link), "ada@example.org")


def by_move(course: Course):
    operator, account, [seat] = operator_with_seats(1)
    assign(seat, CourseFactory(), "ada@example.org", operator)
    return seat, lambda: move_seat(
        account=account, seat_id=seat.pk, to=course, actor=operator, language="en", now=NOW + days(1)
    )


def by_move_into_its_session(course: Course):
    operator, account, [seat] = operator_with_seats(1)
    session = given_session(course, account, blanks=1)
    assign(seat, course, "ada@example.org", operator)
    blank = Seat.objects.get(batch=session.batch)
    return blank, lambda: move_seat(
        account=account, seat_id=seat.pk, to=session.group, actor=operator, language="en", now=NOW + days(1)
    )


def by_release(course: Course):
    operator, account, [seat] = operator_with_seats(1)
    assign(seat, course, "ada@example.org", operator)
    return seat, lambda: release_seat(account=account, seat_id=seat.pk, actor=operator, now=NOW)


def by_entry(course: Course):
    operator, _account, [seat] = operator_with_seats(1)
    user = assign(seat, course, "ada@example.org", operator).user
    return seat, lambda: enter_course(user=user, course=course, now=NOW)


def by_gift(course: Course):
    _operator, _account, [seat] = operator_with_seats(1)
    other = MembershipFactory().account
    return seat, lambda: give_seats(
        batch_id=seat.batch_id,
        from_account_id=seat.account_id,
        to_account_id=other.pk,
        number=1,
        actor=UserFactory(),
        reason="x",
        now=NOW,
    )


WAYS = [
    by_seat,
    by_blank_of_a_session,
    by_list,
    by_link,
    by_move,
    by_move_into_its_session,
    by_release,
    by_entry,
    by_gift,
]


@pytest.mark.parametrize("reason", BOTH)
@pytest.mark.parametrize("way", WAYS)
def test_no_way_uses_a_frozen_seat_until_it_is_lifted(course, way, reason):
    seat, go = way(course)
    freeze(seat, reason)
    seat.refresh_from_db()
    before = (seat.state, seat.account_id, seat.person_id, seat.course_id, taken([course.pk]))

    with pytest.raises(Refused):
        go()

    seat.refresh_from_db()
    assert (seat.state, seat.account_id, seat.person_id, seat.course_id, taken([course.pk])) == before
    thaw(seat)
    go()
    moved = Seat.objects.get(pk=seat.pk)
    assert (moved.state, moved.account_id, moved.person_id, moved.course_id) != before[:-1]


def test_each_reason_is_lifted_by_itself(course):
    operator, _account, [seat] = operator_with_seats(1)
    freeze(seat, *BOTH)
    freeze(seat, FrozenFor.DISPUTE)
    with pytest.raises(SeatFrozen):
        assign(seat, course, "ada@example.org", operator)
    assert SeatBatch.objects.get(pk=seat.batch_id).frozen_at == NOW


def test_who_has_entered_goes_on(course):
    operator, _account, [seat] = operator_with_seats(1)
    user = assign(seat, course, "ada@example.org", operator).user
    enter_course(user=user, course=course, now=NOW)
    freeze(seat)
    assert enter_course(user=user, course=course, now=NOW + days(1)).link == course.link


def test_another_ground_lets_its_person_in_and_the_frozen_seat_is_not_used_up(course):
    operator, _account, [seat] = operator_with_seats(1)
    user = assign(seat, course, "ada@example.org", operator).user
    [other] = given_pack(CustomerAccountFactory())
    assign(other, course, "ada@example.org", UserFactory())
    freeze(seat)
    assert enter_course(user=user, course=course, now=NOW).consumed == 1
    assert list(Seat.objects.filter(person=user).order_by("pk").values_list("state", flat=True)) == [
        SeatState.ASSIGNED, SeatState.CONSUMED,
    ]  # fmt: skip


def test_the_enrolment_of_a_line_without_seats_is_frozen_too(course):
    line, user = new_line(CustomerAccountFactory()), UserFactory()
    enrol_on_line(
        line=line, course=course, user=user, role=role(), group=None, terms=Terms(), now=NOW, unit_index=0
    )  # fmt: skip
    set_frozen(order_id=line.order_id, reasons={line.line_id: [FrozenFor.WITHDRAWAL]}, now=NOW)
    with pytest.raises(CourseFrozen):
        enter_course(user=user, course=course, now=NOW)
    set_frozen(order_id=line.order_id, reasons={line.line_id: []}, now=NOW)
    enter_course(user=user, course=course, now=NOW)
    set_frozen(order_id=line.order_id, reasons={line.line_id: [FrozenFor.DISPUTE]}, now=NOW)
    enter_course(user=user, course=course, now=NOW)


def test_a_frozen_seat_neither_lapses_nor_expires_and_the_time_comes_back(course):
    operator = UserFactory()
    seat, free = given_pack(CustomerAccountFactory(), seats=2, start_before_days=10, valid_until=NOW + days(30))
    assign(seat, course, "ada@example.org", operator)
    seat.refresh_from_db()
    last = seat.enter_before
    freeze(seat, now=NOW + days(5))

    assert lapse_seats(now=NOW + days(20)) == 0
    expire_seats(now=NOW + days(40))
    assert Seat.objects.get(pk=free.pk).state == SeatState.AVAILABLE

    thaw(seat, now=NOW + days(20))
    seat.refresh_from_db()
    assert (seat.state, seat.enter_before) == (SeatState.ASSIGNED, last + days(15))


def test_giving_back_revokes_frozen_seats(course):
    operator, _account, [seat] = operator_with_seats(1)
    assign(seat, course, "ada@example.org", operator)
    freeze(seat)
    revoke_seats(line_id=seat.batch.line_id, units=None, actor=operator, reason="withdrawn", now=NOW)
    seat.refresh_from_db()
    assert seat.state == SeatState.REVOKED


# --- At the same moment ---


def frozen_just_before_it_is_taken(course, monkeypatch):
    """Assign a seat whose order another transaction freezes after the checks, before the seat is taken."""
    operator, _account, [seat] = operator_with_seats(1)
    take = assign_module._take

    def freeze_first(*arguments, **how):
        freeze(seat)
        return take(*arguments, **how)

    monkeypatch.setattr(assign_module, "_take", freeze_first)
    return assign(seat, course, "ada@example.org", operator)


def test_a_seat_frozen_while_it_is_assigned_is_not_taken(course, monkeypatch):
    with pytest.raises(SeatFrozen):
        frozen_just_before_it_is_taken(course, monkeypatch)


def test_without_the_look_at_the_batch_it_would_be_taken(course, monkeypatch):
    monkeypatch.setattr(moves, "_thawed", lambda takers: SeatBatch.objects.all())
    assert frozen_just_before_it_is_taken(course, monkeypatch).is_used


# --- Constraints ---


def test_a_reason_is_a_known_one():
    [seat] = given_pack(CustomerAccountFactory())
    with broken("enrolments_seatbatch_frozen_for"):
        run(
            "UPDATE enrolments_seatbatch SET frozen_for = '{whim}', frozen_at = now() WHERE id = %s", seat.batch_id
        )  # fmt: skip


@pytest.mark.parametrize("change", ["frozen_at = now()", "frozen_for = '{dispute}'"])
def test_frozen_seats_have_a_day_and_others_have_none(change):
    [seat] = given_pack(CustomerAccountFactory())
    with broken("enrolments_seatbatch_frozen_since"):
        run(f"UPDATE enrolments_seatbatch SET {change} WHERE id = %s", seat.batch_id)
