"""Assignment of free seats to people."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.members.models import CustomerAccount
from accounts.members.operators import keep_at_desk
from accounts.members.parts import Part
from accounts.people.delegation.services import delegate
from accounts.people.models import User
from accounts.people.services import PersonFound, PersonTyped, find_or_create_people
from common.again import again_after_deadlock
from common.refusals import Refused
from enrolments.courses.groups.services import order_groups
from enrolments.courses.models import Course
from enrolments.courses.places.offers import Claim
from enrolments.courses.places.services import CourseFull, claim_in, lock_courses, overfull
from enrolments.courses.roles.models import Role
from enrolments.extension.on_seats import grounds_of
from enrolments.grounds.already import already_in_courses, latest_end
from enrolments.grounds.enrol import NewGround, write_grounds
from enrolments.grounds.models import Ground
from enrolments.grounds.notify import Placed, tell_placed
from enrolments.grounds.opening import FoundOrOpened, find_or_open
from enrolments.scope import may_place
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.lapse import lapse_seats
from enrolments.seats.models import Seat
from enrolments.seats.moves import SeatNotFound, SeatNotFree, Taker, refusals, take_free_seats
from enrolments.seats.placing import CourseNotAllowed, Placing, RowsRefused, SeatWanted, check_rows
from enrolments.seats.reasons import SeatReason
from enrolments.teams.quota import join_teams


class AlreadyInSession(Refused):
    """Refusal when the person has a seat in this session already: nobody sits in one session twice."""

    field = "email"
    message = _("This person already has a seat in this session.")


@dataclass(frozen=True, slots=True)
class Assignment:
    """Result of one row. `is_new` tells that the person was unknown until now.

    Without `is_used` the person was in the course already on a ground of this account, until `until` (None: without
    end), and the seat stays free.
    """

    is_used: bool
    user: User
    seat: Seat
    until: datetime.datetime | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Freed:
    """Seats that the caller has freed in its transaction, for other people: why, those whose place is free with them,
    and those whose supervisor stays, each by key of the seat."""

    reason: str
    with_place: Collection[int]
    supervised: Collection[int]


def assign_seat(
    *,
    account: CustomerAccount,
    seat_id: int,
    course: Course,
    person: PersonTyped,
    operator: User,
    language: str,
    now: datetime.datetime,
    role: Role | None = None,
    reason: str = SeatReason.ASSIGNED,
    team_id: int | None = None,
) -> Assignment:
    """Place a person on a free seat, like `assign_seats` of one row; raises the refusal of that row itself."""
    wanted = SeatWanted(seat_id=seat_id, course=course, person=person, role=role, team_id=team_id)
    try:
        [assignment] = assign_seats(
            account=account, wanted=[wanted], operator=operator, language=language, now=now, reason=reason
        )
    except RowsRefused as refused:
        raise refused.rows[0] from None
    return assignment


@again_after_deadlock
def assign_seats(
    *,
    account: CustomerAccount,
    wanted: Sequence[SeatWanted],
    operator: User,
    language: str,
    now: datetime.datetime,
    kept_for: int | None = None,
    reason: str = SeatReason.ASSIGNED,
    freed: Freed | None = None,
) -> list[Assignment]:
    """Place people on free seats: enrolments, groups, supervisor, delegations, history and mails, all rows or none.

    A seat from a pack goes into the row's course, which must be open and on its list. A session's seat goes into its
    own course, until that is over, though it is full, closed or hidden; `role` (student or tutor, default student)
    applies to blanks only, a declared seat keeps its own. A person in the course already on a ground of this account,
    also by an earlier row, is not given a second seat of a pack: see `Assignment`.

    `kept_for` is the key of the list of people that keeps the seats (`enrolments.lists`): such a seat goes into the
    course it is kept for, and the list tells its people itself, once all are placed. `reason` stands in the history.
    `freed` is what the caller has freed in its transaction (`enrolments.seats.replace`).

    Locks the courses, the operator's membership (FOR SHARE), what was bought to lengthen the seats, the people (FOR KEY
    SHARE), the seats, then the teams of both, each by key.
    The number of statements depends on the number of courses, not of rows. Returns one result per row, in their order.
    An operator limited to a part of the account (`accounts.members.parts`) places nobody beyond it: CourseNotAllowed.
    Raises SeatNotFound when the operator places nobody for the account (any more), else RowsRefused with, by row:
    SeatNotFound, SeatNotFree (moved first by another, with name and time), SeatNotValid, CourseNotAllowed,
    CourseClosed, CourseOver, CourseFull, PeriodOver, WrongRole, AlreadyInSession, TeamNotFound, SeatOfAnotherTeam,
    TeamFull, and ValidationError for something that is no address. Seats that were not entered in time are freed
    before, in a transaction of their own.
    """
    if kept_for is None and freed is None:
        lapse_seats(now=now, only=[row.seat_id for row in wanted])
    with transaction.atomic():
        courses = lock_courses(row.course.pk for row in wanted)
        # Locked from here on: a transaction that takes the right or the account away waits, and finds what is written
        # here.
        member = keep_at_desk(account_id=account.pk, user=operator)
        if member is None:
            raise SeatNotFound
        placings = check_rows(account, wanted, courses, operator, now, kept_for=kept_for)
        _refuse_beyond(Part.of(member), placings)
        people = find_or_create_people(
            people=[placing.person for placing in placings], account=account, language=language, now=now
        )
        already = _already_there(placings, people, account, now)
        used = [placing for placing in placings if placing.index not in already]
        if used:
            _place(
                used, people, operator, now, kept_for=kept_for, reason=freed.reason if freed else reason, freed=freed
            )
            named = [placing for placing in used if people[placing.email].user != operator]
            users = {placing.email: people[placing.email].user for placing in named}
            delegate(account=account, operator=operator, people=[each.person for each in named], users=users, now=now)
            _join_teams(used, account)
            if kept_for is None:
                _tell(used, people, account, language, now)
    return [
        Assignment(is_used=False, user=people[placing.email].user, seat=placing.seat, until=already[placing.index])
        if placing.index in already
        else Assignment(
            is_used=True,
            user=people[placing.email].user,
            seat=placing.seat,
            until=placing.whole_period.ends_at,
            is_new=people[placing.email].created,
        )
        for placing in placings
    ]


def _refuse_beyond(part: Part | None, placings: Sequence[Placing]) -> None:
    """Raise RowsRefused for what an operator limited to a part of the account may not place."""
    beyond = [each for each in placings if not may_place(part, each.seat, each.course)]
    if beyond:
        raise RowsRefused({each.index: CourseNotAllowed(each.course) for each in beyond})


def _already_there(
    placings: Sequence[Placing], people: Mapping[str, PersonFound], account: CustomerAccount, now: datetime.datetime
) -> dict[int, datetime.datetime | None]:
    """Return the rows on which a pack's seat would be wasted, with the end of the person's enrolment (None: no end).

    Raises RowsRefused with AlreadyInSession where a session would have a person twice.
    """
    known = {found.user.pk for found in people.values() if not found.created}
    courses = {placing.course for placing in placings}
    ends: dict[tuple[int, int], list[datetime.datetime | None]] = {
        key: [there.until]
        for key, there in already_in_courses(courses=courses, account_id=account.pk, user_ids=known, now=now).items()
    }
    seated = _seated_in_sessions(placings, known)
    already: dict[int, datetime.datetime | None] = {}
    refused: dict[int, Refused | ValidationError] = {}
    for placing in placings:
        user_id = people[placing.email].user.pk
        there = ends.setdefault((placing.course.pk, user_id), [])
        if placing.is_session:
            seat = (placing.seat.batch.order_id, placing.course.pk, user_id)
            if seat in seated:
                refused[placing.index] = AlreadyInSession()
            seated.add(seat)
        elif there:
            already[placing.index] = latest_end(there)
            continue
        if placing.role.kind == Role.Kind.LEARNER:
            there.append(placing.whole_period.ends_at)
    if refused:
        raise RowsRefused(refused)
    return already


def _seated_in_sessions(placings: Sequence[Placing], user_ids: Collection[int]) -> set[tuple[int, int, int]]:
    """Return the people in the sessions of these rows, as (order, course, user). One statement, or none."""
    orders = {placing.seat.batch.order_id for placing in placings if placing.is_session}
    if not orders or not user_ids:
        return set()
    seats = Seat.objects.in_use().filter(
        person__in=user_ids, batch__order_id__in=orders, batch__source=SeatBatch.Source.SESSION
    )
    return set(seats.order_by().values_list("batch__order_id", "course_id", "person_id"))


def _place(
    placings: Sequence[Placing],
    people: Mapping[str, PersonFound],
    operator: User,
    now: datetime.datetime,
    *,
    kept_for: int | None,
    reason: str,
    freed: Freed | None,
) -> None:
    in_place = () if freed is None else freed.with_place
    need = [placing for placing in placings if not placing.keeps_place and placing.seat.pk not in in_place]
    claim = claim_in(
        {placing.course.pk for placing in need},
        now=now,
        account_id=placings[0].seat.account_id,
        user_ids={people[placing.email].user.pk for placing in placings},
    )
    groups = order_groups(
        [(placing.course, placing.line) for placing in placings if placing.seat.batch.group_id is None]
    )
    grounds: dict[Course, list[NewGround]] = {}
    for placing in placings:
        batch = placing.seat.batch
        group = batch.group or groups[placing.course.pk, batch.order_id]
        ground = NewGround.of_seat(
            placing.seat,
            user_id=people[placing.email].user.pk,
            role_id=placing.role.pk,
            period=placing.period,
            group_id=group.pk,
        )
        of_course = grounds.setdefault(placing.course, [])
        of_course += [ground, *grounds_of(placing.more, ground)]
        is_supervised = freed is not None and placing.seat.pk in freed.supervised
        if batch.supervisor_role_id is not None and not is_supervised:
            of_course.append(
                replace(ground, user_id=operator.pk, role_id=batch.supervisor_role_id, kind=Ground.Kind.SUPERVISION)
            )
    enrolments = {
        course: find_or_open(
            course=course, people=[(each.user_id, each.role_id, each.period) for each in of_course], now=now
        )
        for course, of_course in grounds.items()
    }
    _take(placings, people, enrolments, operator, now, kept_for=kept_for, reason=reason)
    for course, of_course in grounds.items():
        write_grounds(found=enrolments[course], grounds=of_course, now=now)
    _refuse_overfull(need, claim)


def _take(
    placings: Sequence[Placing],
    people: Mapping[str, PersonFound],
    enrolments: Mapping[Course, FoundOrOpened],
    operator: User,
    now: datetime.datetime,
    *,
    kept_for: int | None,
    reason: str,
) -> None:
    takers = []
    for placing in placings:
        user = people[placing.email].user
        enrolment = enrolments[placing.course].enrolments[user.pk, placing.role.pk]
        takers.append(Taker(placing.seat, placing.course, user, enrolment, placing.whole_period.starts_at))
    lost = take_free_seats(takers=takers, actor=operator, now=now, kept_for=kept_for, reason=reason)
    if lost:
        told = refusals(SeatNotFree, lost)
        raise RowsRefused({each.index: told[each.seat.pk] for each in placings if each.seat.pk in lost})


def _join_teams(placings: Sequence[Placing], account: CustomerAccount) -> None:
    named = {placing.seat.pk: placing.team_id for placing in placings if placing.team_id is not None}
    refused = join_teams(account, [placing.seat.pk for placing in placings], named=named)
    if refused:
        raise RowsRefused({each.index: refused[each.seat.pk] for each in placings if each.seat.pk in refused})


def _refuse_overfull(need: Sequence[Placing], claim: Claim) -> None:
    """Raise RowsRefused with CourseFull for the rows that needed a place in a course with none left. See
    `refuse_overfull`."""
    full = {course.pk: course for course in overfull((placing.course for placing in need), claim)}
    if full:
        raise RowsRefused({each.index: CourseFull(each.course) for each in need if each.course.pk in full})


def _tell(
    placings: Sequence[Placing],
    people: Mapping[str, PersonFound],
    account: CustomerAccount,
    language: str,
    now: datetime.datetime,
) -> None:
    placed = [
        Placed(
            user=people[placing.email].user,
            course=placing.course,
            period=replace(placing.whole_period, enter_before=placing.seat.enter_before),
            key=f"seat:{placing.seat.pk}:{now.isoformat()}",
            order_id=placing.line.order_id,
        )
        for placing in placings
    ]
    tell_placed(placed=placed, occasion=placed[0].key, account=account, language=language, now=now)
