"""At the same moment.

A free seat is over, and somebody has paid for its extension: whoever comes first, it can be assigned afterwards.
"""

import pytest
from django.db import transaction

from enrolments.extension import services
from enrolments.seats import expire as expire_module
from enrolments.seats.expire import expire_seats
from enrolments.seats.models import Seat
from tests.enrolments.extension.given import extended
from tests.enrolments.given import NOW, days, given_pack, history
from tests.factories.accounts import CustomerAccountFactory
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
