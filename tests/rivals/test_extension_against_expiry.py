"""At the same moment.

A free seat is over, and somebody has paid for its extension: whoever comes first, it can be assigned afterwards; but
not once the seat itself was refunded.
Days that a free seat keeps are taken back while it is given to somebody, who has them not either then.
"""

import pytest
from django.db import transaction

from common.moments import days_later
from enrolments.extension import services
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats import assign as assign_module
from enrolments.seats import expire as expire_module
from enrolments.seats import revoke as revoke_module
from enrolments.seats.expire import expire_seats
from enrolments.seats.models import Seat
from enrolments.seats.release import release_seat
from enrolments.values import Terms
from tests.enrolments.extension.given import extended, give_back
from tests.enrolments.given import NOW, assign, days, given_pack, history
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.rivals.processes import Rival, deadlocks_among, no_row_locks, race

LATER = NOW + days(2)
CHOSEN = [(expire_module, "with_locked_seats")]
LOCKED = [(expire_module, "move_locked_seats")]
ABOUT_TO_EXTEND = [(services, "_extend_seats")]


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def seat(account):
    [seat] = given_pack(account, valid_until=NOW + days(1))
    return seat


def extending(account, seat, **pauses):
    def work():
        with transaction.atomic():
            return extended(account, seat, now=LATER)[1].seats

    return Rival(work, **pauses)


def expiring(**pauses):
    return Rival(lambda: expire_seats(now=LATER), **pauses)


def can_be_assigned(seat):
    return Seat.objects.assignable_at(LATER).filter(pk=seat.pk).exists()


def test_a_seat_extended_after_the_expiry_chose_it_is_left_alone(account, seat, trial):
    expired, more = race(expiring(before=CHOSEN), extending(account, seat), in_turn=True)

    assert (expired.value, more.value) == (0, 1)
    assert can_be_assigned(seat)
    trial.note("extension against expiry, chosen before", 1)


def test_an_expiry_that_waits_for_an_extension_finds_the_seat_valid(account, seat, trial):
    more, expired = race(extending(account, seat, before=ABOUT_TO_EXTEND), expiring(), in_turn=True)

    assert expired.kept_away
    assert (expired.value, more.value) == (0, 1)
    assert can_be_assigned(seat)
    trial.note("extension against expiry, extension first", 1)


def test_an_extension_that_waits_for_the_expiry_brings_the_seat_back(account, seat, trial):
    expired, more = race(expiring(before=LOCKED), extending(account, seat), in_turn=True)

    assert more.kept_away
    assert (expired.value, more.value) == (1, 1)
    assert deadlocks_among([expired, more]) == 0
    assert can_be_assigned(seat)
    assert [move[:2] for move in history(seat)[1:]] == [("available", "expired"), ("expired", "available")]
    trial.note("extension against expiry, expiry first", 1)


def test_control_without_row_locks_a_paid_extension_is_lost(account, seat):
    race(expiring(before=LOCKED), extending(account, seat), in_turn=True, without=no_row_locks)

    assert not can_be_assigned(seat)


# A seat that has expired

LOCKED_TO_REVOKE = [(revoke_module, "move_locked_seats")]


@pytest.fixture
def expired_seat(seat):
    expire_seats(now=LATER)
    return seat


def refunding(seat, **pauses):
    def work():
        told = {"units": None, "actor": None, "reason": "Refund", "now": LATER}
        return revoke_module.revoke_seats(line_id=seat.batch.line_id, **told).left

    return Rival(work, **pauses)


def test_an_expired_seat_is_not_brought_back_while_it_is_refunded(account, expired_seat, trial):
    refunded, more = race(
        refunding(expired_seat, before=LOCKED_TO_REVOKE), extending(account, expired_seat), in_turn=True
    )

    assert (refunded.value, more.error, more.kept_away) == (0, "NothingToExtend", True)
    assert not can_be_assigned(expired_seat)
    trial.note("extension against refund of an expired seat, refund first", 1)


def test_a_refund_that_waits_for_an_extension_takes_the_seat_back(account, expired_seat, trial):
    more, refunded = race(
        extending(account, expired_seat, before=ABOUT_TO_EXTEND), refunding(expired_seat), in_turn=True
    )

    assert (more.value, refunded.value, refunded.kept_away) == (1, 0, True)
    assert not can_be_assigned(expired_seat)
    trial.note("extension against refund of an expired seat, extension first", 1)


# Days kept by a seat

ABOUT_TO_PLACE = [(assign_module, "find_or_create_people")]


@pytest.fixture
def kept(account):
    """Return a free seat of 10 days that keeps 30 more, and the line that paid for these."""
    operator = UserFactory()
    [seat] = given_pack(account, terms=Terms(duration_days=10))
    assign(seat, CourseFactory(), "ann@example.org", operator)
    with transaction.atomic():
        line, _result = extended(account, Ground.objects.get(seat=seat, kind="seat"))
    release_seat(account=account, seat_id=seat.pk, actor=operator, now=NOW)
    return seat, line, operator


def assigning(kept, course, **pauses):
    seat, _line, operator = kept
    return Rival(lambda: assign(seat, course, "dan@example.org", operator).until, **pauses)


def taking_back(kept):
    def work():
        with transaction.atomic():
            return give_back(kept[1], 0)

    return Rival(work)


def end_of_dan():
    return Enrolment.objects.open().get(user__email="dan@example.org").ends_at


def test_days_taken_back_while_their_seat_is_assigned_are_taken_off_its_person(kept, trial):
    assigned, back = race(assigning(kept, CourseFactory(), before=ABOUT_TO_PLACE), taking_back(kept), in_turn=True)

    assert back.kept_away
    assert (assigned.value, back.value) == (days_later(NOW, 40), 1)
    assert end_of_dan() == days_later(NOW, 10)
    trial.note("days taken back against assignment", 1)


def test_control_without_row_locks_days_are_kept_after_their_refund(kept):
    course = CourseFactory()
    race(assigning(kept, course, before=ABOUT_TO_PLACE), taking_back(kept), in_turn=True, without=no_row_locks)

    assert end_of_dan() == days_later(NOW, 40)
