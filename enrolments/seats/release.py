"""Release of a seat whose person has not entered the course."""

from __future__ import annotations

import datetime

from django.db import transaction

from accounts.members.models import CustomerAccount
from accounts.members.operators import keep_account
from accounts.people.models import User
from common.again import again_after_deadlock
from enrolments.courses.places.services import lock_courses
from enrolments.grounds.enrol import end_grounds
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.models import Seat, SeatBatch, SeatState
from enrolments.seats.moves import SeatMoved, SeatNotAssigned, SeatNotFound, move_seat, refusal, state_shown
from enrolments.seats.reasons import SeatReason

NOBODY = {"person": None, "enrolment": None, "assigned_at": None, "assigned_by": None}


@again_after_deadlock
def release_seat(
    *,
    account: CustomerAccount,
    seat_id: int,
    actor: User | None,
    now: datetime.datetime,
    reason: str = "",
    seen: str | None = None,
) -> Seat:
    """Free an assigned seat; its grounds end, the person's and the supervisor's, and enrolments left without any close.

    A session's seat keeps course, role, group and its place, unless its person stays in the course on another ground:
    then the person keeps the place, and filling the seat again needs a free one. `seen` is the
    `state_shown` that the caller saw: a seat that was moved since, though to the same person again, is left alone.

    Locks the course, the account (FOR KEY SHARE), then the seat. Raises SeatNotFound, SeatConsumed when the person
    entered the course first, SeatNotAssigned when another operator released or revoked it first, and SeatMoved when it
    was assigned anew since it was seen.
    """
    with transaction.atomic():
        seat = Seat.objects.select_related("batch", "course", "person").filter(pk=seat_id, account=account).first()
        if seat is None:
            raise SeatNotFound
        if seat.state != SeatState.ASSIGNED:
            raise refusal(SeatNotAssigned, seat.pk)
        if seen not in (None, state_shown(seat)):
            raise refusal(SeatMoved, seat.pk)
        course, person = seat.course, seat.person
        assert course is not None
        is_session = seat.batch.source == SeatBatch.Source.SESSION
        lock_courses([course.pk])
        if not keep_account(account.pk):
            raise SeatNotFound
        moved = move_seat(
            seat=seat,
            to_state=SeatState.AVAILABLE,
            changes={**NOBODY, "course": course if is_session else None},
            actor=actor,
            reason=reason or SeatReason.RELEASED,
            now=now,
        )
        if not moved:
            raise refusal(SeatNotAssigned, seat.pk)
        end_grounds(grounds=Ground.objects.filter(seat=seat), reason=reason or SeatReason.RELEASED, now=now)
        if is_session and not Enrolment.objects.taking_places().filter(course=course, user=person).exists():
            Seat.objects.filter(pk=seat.pk).update(keeps_place=True)
            seat.keeps_place = True
    return seat
