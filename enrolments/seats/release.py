"""Release of seats whose people have not entered the course."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.members.models import CustomerAccount
from accounts.members.operators import keep_account
from accounts.people.models import User
from common.again import again_after_deadlock
from common.refusals import Refused
from enrolments.courses.places.services import lock_courses
from enrolments.extension.on_seats import grounds_on
from enrolments.grounds.ending import end_grounds
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.moves import (
    SeatMoved,
    SeatNotAssigned,
    SeatNotFound,
    lock_unmoved,
    move_locked_seats,
    refusals,
    state_shown,
)
from enrolments.seats.reasons import SeatReason

NOBODY: dict[str, Any] = {
    "person": None,
    "enrolment": None,
    "assigned_at": None,
    "assigned_by": None,
    "enter_before": None,
}


@dataclass(frozen=True, slots=True)
class Released:
    """Result of a release: the seats freed, and the refusals of those left alone, by key."""

    seats: dict[int, Seat]
    refused: dict[int, Refused]


def release_seat(
    *,
    account: CustomerAccount,
    seat_id: int,
    actor: User | None,
    now: datetime.datetime,
    reason: str = "",
    seen: str | None = None,
) -> Seat:
    """Free an assigned seat, like `release_seats` of one seat; raises the refusal of that seat itself."""
    released = release_seats(account=account, seats={seat_id: seen}, actor=actor, now=now, reason=reason)
    if seat_id in released.refused:
        raise released.refused[seat_id]
    return released.seats[seat_id]


@again_after_deadlock
def release_seats(
    *,
    account: CustomerAccount,
    seats: Mapping[int, str | None],
    actor: User | None,
    now: datetime.datetime,
    reason: str = "",
    is_told: bool = True,
    supervisor: User | None = None,
) -> Released:
    """Free assigned seats; their grounds end, the people's and the supervisors', and enrolments left without any close.

    A session's seat keeps course, role, group and its place, unless its person stays in the course on another ground:
    then the person keeps the place, and filling the seat again needs a free one. `seats` gives for each key the
    `state_shown` that the caller saw, or None: a seat that was moved since, though to the same person again, is left
    alone. People are mailed what they lose, unless `is_told` is unset: nobody has told them of their seats. The
    supervisions of `supervisor` stay, for a caller who gives the seats to others in the same transaction.

    Locks the courses, the account (FOR KEY SHARE), then the seats, each by key. A constant number of statements. Seats
    that cannot be released are left alone and refused, the others freed: SeatNotFound, SeatConsumed when the person
    entered the course first, SeatNotAssigned when another operator released or revoked the seat first, and SeatMoved
    when it was assigned anew since it was seen.
    """
    with transaction.atomic():
        own = Seat.objects.select_related("batch", "course", "person").filter(account=account)
        found = own.in_bulk(list(seats))
        assigned = {pk: seat for pk, seat in found.items() if seat.state == SeatState.ASSIGNED}
        moved = {pk for pk, seat in assigned.items() if seats[pk] not in (None, state_shown(seat))}
        lock_courses(seat.course_id for pk, seat in assigned.items() if seat.course_id and pk not in moved)
        if not keep_account(account.pk):
            return Released({}, {pk: SeatNotFound() for pk in seats})
        wanted = {pk: seat for pk, seat in assigned.items() if pk not in moved}
        unmoved = lock_unmoved(wanted.values())
        free = {pk: seat for pk, seat in wanted.items() if pk in unmoved}
        reason = reason or SeatReason.RELEASED
        free_locked(free, actor=actor, now=now, reason=reason, is_told=is_told, supervisor=supervisor)
    gone = refusals(SeatNotAssigned, [pk for pk in found if pk not in moved and pk not in free])
    refused: dict[int, Refused] = {pk: SeatNotFound() for pk in seats if pk not in found}
    return Released(free, refused | refusals(SeatMoved, moved) | gone)


def free_locked(
    seats: Mapping[int, Seat],
    *,
    actor: User | None,
    now: datetime.datetime,
    reason: str,
    is_told: bool = True,
    supervisor: User | None = None,
    to_state: str = SeatState.AVAILABLE,
) -> None:
    """Take their people off seats that are locked, with their courses; `to_state` is where the seats go.

    A session's seat stays in its course; that of a pack has none any more. Extensions bought for them stay on the
    seats, for those who get them next. Expects the seats' batches.
    """
    of_sessions = [seat for seat in seats.values() if seat.batch.source == SeatBatch.Source.SESSION]
    of_packs = [seat for seat in seats.values() if seat.batch.source == SeatBatch.Source.PACK]
    people = {seat.pk: (seat.course_id, seat.person_id) for seat in of_sessions}
    for freed, changes in ((of_sessions, NOBODY), (of_packs, {**NOBODY, "course": None})):
        move_locked_seats(seats=freed, to_state=to_state, changes=changes, actor=actor, reason=reason, now=now)
        for seat in freed:
            seat.state = to_state
            for column, value in changes.items():
                setattr(seat, column, value)
    if seats:
        grounds = Ground.objects.filter(Q(seat__in=list(seats)) | Q(pk__in=grounds_on(seats)))
        if supervisor is not None:
            grounds = grounds.exclude(kind=Ground.Kind.SUPERVISION, enrolment__user=supervisor)
        end_grounds(grounds=grounds, reason=reason, now=now, is_told=is_told)
    if to_state != SeatState.AVAILABLE:
        return
    stay = still_there(set(people.values()))
    keep = [seat for seat in of_sessions if people[seat.pk] not in stay]
    if keep:
        Seat.objects.filter(pk__in=[seat.pk for seat in keep]).update(keeps_place=True)
    for seat in keep:
        seat.keeps_place = True


def still_there(people: Collection[tuple[int | None, int | None]]) -> set[tuple[int | None, int | None]]:
    """Return those pairs of course and person that take a place there. One statement, or none."""
    if not people:
        return set()
    there = Enrolment.objects.taking_places().filter(
        course__in={course_id for course_id, _person in people}, user__in={person_id for _course, person_id in people}
    )
    return set(there.order_by().values_list("course_id", "user_id"))
