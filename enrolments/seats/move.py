"""Move of people who have not entered yet: to another course that their seat was sold for, or to another session."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import Q

from accounts.members.models import CustomerAccount
from accounts.members.operators import keep_at_desk
from accounts.members.parts import Part
from accounts.people.delegation.services import delegate_too
from accounts.people.models import User
from accounts.people.services import keep_people
from common.again import again_after_deadlock
from common.refusals import Refused
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.groups.services import order_groups
from enrolments.courses.models import Course
from enrolments.courses.places.services import claim_in, lock_courses, refuse_overfull
from enrolments.extension.on_seats import grounds_of, grounds_on
from enrolments.grounds.ending import end_grounds
from enrolments.grounds.enrol import NewGround, write_grounds
from enrolments.grounds.models import Ground
from enrolments.grounds.notify import Placed, tell_placed
from enrolments.grounds.opening import FoundOrOpened, find_or_open
from enrolments.grounds.told import Lost, tell_lost
from enrolments.scope import seats_within, sessions_within
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.moves import (
    SeatMoved,
    SeatNotAssigned,
    SeatNotFound,
    SeatNotFree,
    Taker,
    lock_unmoved,
    move_locked_seats,
    refusals,
    state_shown,
    take_free_seats,
)
from enrolments.seats.moving import Moving, judge_moves, with_extensions
from enrolments.seats.reasons import SeatReason
from enrolments.seats.release import NOBODY
from enrolments.values import LineRef


@dataclass(frozen=True, slots=True)
class Moved:
    """Result of a move: the seats that the people have now and the refusals of those left alone, both by the key of the
    seat they had."""

    seats: dict[int, Seat]
    refused: dict[int, Refused]


@dataclass(frozen=True, slots=True)
class _Left:
    """Place that a person leaves by a move."""

    moving: Moving
    user: User
    course: Course
    session: str
    kept_place: bool


def move_seat(
    *,
    account: CustomerAccount,
    seat_id: int,
    to: Course | CourseGroup,
    actor: User,
    language: str,
    now: datetime.datetime,
    reason: str = "",
    seen: str | None = None,
) -> Seat:
    """Move a person, like `move_seats` of one seat; raises the refusal of that seat itself."""
    moved = move_seats(
        account=account, seats={seat_id: seen}, to=to, actor=actor, language=language, now=now, reason=reason
    )
    if seat_id in moved.refused:
        raise moved.refused[seat_id]
    return moved.seats[seat_id]


@again_after_deadlock
def move_seats(
    *,
    account: CustomerAccount,
    seats: Mapping[int, str | None],
    to: Course | CourseGroup,
    actor: User,
    language: str,
    now: datetime.datetime,
    reason: str = "",
) -> Moved:
    """Move people who have not entered to another course, with their seats, or to a session of the account, onto one of
    its free seats.

    To a course go seats of packs: it must be open, on the seat's list, with a place left; the enrolment begins anew, by
    the terms the seat was sold on. Into a session of their course go people on any seat of the account: the seat left
    is free like a released one, and the place that the taken one kept is kept by the one left, if that is a session's.
    Groups, supervisor and history follow; each person is mailed from where to where, in their language, else in
    `language`. `seats` gives for each key the `state_shown` that the caller saw, or None.

    Locks the courses, the account (FOR KEY SHARE), the actor's membership (FOR SHARE), the people (FOR KEY SHARE), then
    the seats, each by key. The number of statements does not depend on that of seats. Those that cannot be moved are
    left alone and refused, the others moved: the refusals of `release_seats` and of `judge_moves`. Nobody is moved by
    an actor who is no operator of the account (any more), nor beyond the part that the actor is limited to:
    SeatNotFound.
    """
    with transaction.atomic():
        course_id = to.course_id if isinstance(to, CourseGroup) else to.pk
        own = Seat.objects.select_related("batch__group", "course", "role", "enrolment__role").filter(account=account)
        found = own.in_bulk(list(seats))
        # Whoever did not enter in time has the seat no longer, whether or not that is written down yet.
        assigned = {
            pk: seat
            for pk, seat in sorted(found.items())
            if seat.state == SeatState.ASSIGNED and not seat.is_lapsed_at(now)
        }
        changed = {pk for pk, seat in assigned.items() if seats[pk] not in (None, state_shown(seat))}
        courses = lock_courses({course_id, *(seat.course_id for seat in assigned.values() if seat.course_id)})
        member = keep_at_desk(account_id=account.pk, user=actor)
        part = Part.of(member) if member is not None else None
        if member is None or not _is_of(account, to, part):
            return Moved({}, {pk: SeatNotFound() for pk in seats})
        if part is not None:
            within = set(seats_within(own, account, part).filter(pk__in=list(found)).values_list("pk", flat=True))
            found = {pk: seat for pk, seat in found.items() if pk in within}
            assigned = {pk: seat for pk, seat in assigned.items() if pk in within}
            changed &= within
        wanted = {pk: seat for pk, seat in assigned.items() if pk not in changed}
        people = keep_people({seat.person_id for seat in wanted.values() if seat.person_id is not None})
        unmoved = lock_unmoved(wanted.values())
        still = [seat for pk, seat in wanted.items() if pk in unmoved]
        judged = judge_moves(seats=still, to=to, course=courses[course_id], part=part, now=now)
        moves = with_extensions(judged.moves, course=courses[course_id], now=now)
        left = [_left(moving, people, courses) for moving in moves]
        if left:
            _move(left, courses[course_id], account, actor, language, now, reason or SeatReason.MOVED)
    gone = refusals(SeatNotAssigned, [pk for pk in found if pk not in changed and pk not in unmoved])
    refused: dict[int, Refused] = {pk: SeatNotFound() for pk in seats if pk not in found}
    refused |= judged.refused | refusals(SeatMoved, changed) | gone
    return Moved({each.moving.seat.pk: each.moving.to_seat for each in left}, refused)


def _is_of(account: CustomerAccount, to: Course | CourseGroup, part: Part | None) -> bool:
    if not isinstance(to, CourseGroup):
        return True
    return sessions_within(CourseGroup.objects.filter(account=account, pk=to.pk), part).exists()


def _left(moving: Moving, people: Mapping[int, User], courses: Mapping[int, Course]) -> _Left:
    seat = moving.seat
    assert seat.person_id is not None
    assert seat.course_id is not None
    return _Left(
        moving=moving,
        user=people[seat.person_id],
        course=courses[seat.course_id],
        session=seat.batch.order_number,
        kept_place=moving.to_seat.keeps_place,
    )


def _move(
    left: Sequence[_Left],
    course: Course,
    account: CustomerAccount,
    actor: User,
    language: str,
    now: datetime.datetime,
    reason: str,
) -> None:
    """Move people whose seats and courses are locked."""
    left_seats = [each.moving.seat.pk for each in left]
    extended = grounds_on(left_seats)
    claim = claim_in([course.pk], now=now, account_id=account.pk, user_ids=[each.user.pk for each in left])
    _free(left, actor, now, reason)
    grounds = _new_grounds(left, course, actor)
    enrolments = find_or_open(
        course=course, people=[(each.user_id, each.role_id, each.period) for each in grounds], now=now
    )
    _take(left, course, enrolments, actor, now, reason)
    delegate_too(account=account, operator=actor, people={each.user.pk for each in left}, now=now)
    gone: list[Lost] = []
    # Of one course the new grounds come first: the enrolment stays open in between. A seat that changes the course has
    # one ground at a time.
    is_same_course = left[0].course == course
    if is_same_course:
        write_grounds(found=enrolments, grounds=grounds, now=now)
    old = Ground.objects.filter(Q(seat__in=left_seats) | Q(pk__in=extended))
    end_grounds(grounds=old, reason=reason, now=now, tell=lambda *, lost, now: gone.extend(lost))
    if not is_same_course:
        write_grounds(found=enrolments, grounds=grounds, now=now)
    refuse_overfull([course], claim)
    _tell(left, gone, course, account, language, now)


def _free(left: Sequence[_Left], actor: User, now: datetime.datetime, reason: str) -> None:
    """Free the seats that people leave, as a release does."""
    seats = [each.moving.seat for each in left]
    of_sessions = [seat for seat in seats if seat.batch.source == SeatBatch.Source.SESSION]
    of_packs = [seat for seat in seats if seat.batch.source == SeatBatch.Source.PACK]
    for freed, changes in ((of_sessions, NOBODY), (of_packs, {**NOBODY, "course": None})):
        move_locked_seats(
            seats=freed, to_state=SeatState.AVAILABLE, changes=changes, actor=actor, reason=reason, now=now
        )
    # Each place stays kept once: the seat taken gives it up to its person, who brings along the one they had.
    of_session = {seat.pk for seat in of_sessions}
    keep = [each.moving.seat.pk for each in left if each.kept_place and each.moving.seat.pk in of_session]
    if keep:
        Seat.objects.filter(pk__in=keep).update(keeps_place=True)


def _new_grounds(left: Sequence[_Left], course: Course, actor: User) -> list[NewGround]:
    groups = order_groups(
        [(course, _line(each.moving.to_seat)) for each in left if each.moving.to_seat.batch.group_id is None]
    )
    grounds = []
    for each in left:
        seat = each.moving.to_seat
        group = seat.batch.group or groups[course.pk, seat.batch.order_id]
        ground = NewGround.of_seat(
            seat,
            user_id=each.user.pk,
            role_id=each.moving.role.pk,
            period=each.moving.period,
            group_id=group.pk,
        )
        grounds += [ground, *grounds_of(each.moving.more, ground)]
        role_id = seat.batch.supervisor_role_id
        if role_id is not None:
            grounds.append(replace(ground, user_id=actor.pk, role_id=role_id, kind=Ground.Kind.SUPERVISION))
    return grounds


def _line(seat: Seat) -> LineRef:
    return LineRef(seat.batch.order_id, seat.batch.order_number, seat.batch.line_id, seat.account_id)


def _take(
    left: Sequence[_Left],
    course: Course,
    enrolments: FoundOrOpened,
    actor: User,
    now: datetime.datetime,
    reason: str,
) -> None:
    takers = [
        Taker(
            each.moving.to_seat,
            course,
            each.user,
            enrolments.enrolments[each.user.pk, each.moving.role.pk],
            each.moving.whole_period.starts_at,
            each.moving.kept_enter_before,
        )
        for each in left
    ]
    lost = take_free_seats(takers=takers, actor=actor, now=now, reason=reason)
    if lost:
        raise next(iter(refusals(SeatNotFree, lost).values()))


def _tell(
    left: Sequence[_Left],
    lost: Sequence[Lost],
    course: Course,
    account: CustomerAccount,
    language: str,
    now: datetime.datetime,
) -> None:
    """Tell people from where to where they were moved. People who stay in the course left hear of the new one alone."""
    gone = {(each.user.pk, each.course.pk) for each in lost if each.until is None}
    moved = {(each.user.pk, each.course.pk) for each in left}
    tell_lost(lost=[each for each in lost if (each.user.pk, each.course.pk) not in moved or each.until], now=now)
    placed = []
    for each in left:
        seat = each.moving.to_seat
        is_course_lost = (each.user.pk, each.course.pk) in gone
        placed.append(
            Placed(
                user=each.user,
                course=course,
                period=replace(each.moving.whole_period, enter_before=seat.enter_before),
                key=f"moved:{seat.pk}:{now.isoformat()}",
                order_id=seat.batch.order_id,
                instead_of=each.course if is_course_lost and each.course != course else None,
                sessions=(each.session, seat.batch.order_number) if each.course == course else None,
            )
        )
    tell_placed(placed=placed, occasion=placed[0].key, account=account, language=language, now=now)
