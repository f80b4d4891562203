"""At the same moment.

The merchant gives a seat to another account while an operator assigns it, or while its order is given back.
"""

from enrolments.seats import give as give_module
from enrolments.seats import moves as moves_module
from enrolments.seats.give import give_seats
from enrolments.seats.models import Seat
from enrolments.seats.revoke import revoke_seats
from tests.enrolments.given import NOW, assign, given_pack
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.rivals.processes import Rival, deadlocks_among, race


def free_seat():
    [seat] = given_pack(MembershipFactory().account)
    return seat


def giving(seat, to_account, **pauses):
    merchant = UserFactory()
    return Rival(
        lambda: len(
            give_seats(
                batch_id=seat.batch_id,
                from_account_id=seat.account_id,
                to_account_id=to_account.pk,
                number=1,
                actor=merchant,
                reason="",
                now=NOW,
            ).seat_ids
        ),
        **pauses,
    )


def assigning(seat, **pauses):
    course, operator = CourseFactory(), MembershipFactory(account=seat.account).user
    return Rival(lambda: assign(seat, course, "carol@example.org", operator).is_used, **pauses)


def revoking(seat, **pauses):
    line_id, merchant = seat.batch.line_id, UserFactory()
    return Rival(
        lambda: revoke_seats(line_id=line_id, units=None, actor=merchant, reason="", now=NOW).revoked, **pauses
    )


def test_a_seat_is_given_or_assigned_never_both(trial):
    other = MembershipFactory().account

    seat = free_seat()
    given, assigned = race(giving(seat, other, before=[(give_module, "_write_history")]), assigning(seat), in_turn=True)
    assert (given.value, assigned.error, assigned.kept_away) == (1, "SeatNotFound", True)
    seat.refresh_from_db()
    assert (seat.state, seat.account) == ("available", other)

    seat = free_seat()
    from enrolments.seats import assign as assign_module

    assigned, given = race(assigning(seat, before=[(assign_module, "_take")]), giving(seat, other), in_turn=True)
    assert (assigned.value, given.error, given.kept_away) == (True, "TooFewFree", True)
    seat.refresh_from_db()
    assert (seat.state, seat.account_id) == ("assigned", seat.batch.account_id)
    assert deadlocks_among([assigned, given]) == 0
    trial.note("seats given and assigned at once", 2)


def test_giving_the_order_back_finds_a_seat_that_is_just_given_away(trial):
    seat, other = free_seat(), MembershipFactory().account

    given, revoked = race(giving(seat, other, before=[(give_module, "_write_history")]), revoking(seat), in_turn=True)

    assert (given.value, revoked.value, revoked.kept_away) == (1, 1, True)
    assert Seat.objects.get().state == "revoked"
    trial.note("seats given and revoked at once", 1)


def test_control_without_the_second_look_a_seat_just_given_away_would_stay():
    seat, other = free_seat(), MembershipFactory().account

    given, revoked = race(
        giving(seat, other, before=[(give_module, "_write_history")]),
        revoking(seat),
        in_turn=True,
        without=without_a_second_look,
    )

    assert (given.value, revoked.value) == (1, 0)
    assert Seat.objects.get().state == "available"


def without_a_second_look():
    def lock_once(seats):
        return list(seats.select_for_update(no_key=True, of=("self",)).order_by("pk"))

    moves_module._lock_seats = lock_once
