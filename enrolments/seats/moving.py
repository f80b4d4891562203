"""Checks of moves: what can be said of each seat before any is moved, for its preview as for the move itself."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from django.db.models import Window
from django.db.models.functions import RowNumber
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.members.parts import Part
from accounts.people.delegation.models import Delegation
from common.refusals import Refused
from common.words import end_in_words, in_words
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.courses.places.services import CourseFull, free
from enrolments.courses.roles.models import Role
from enrolments.extension.on_seats import More, lock_kept, periods_of, whole
from enrolments.grounds.already import already_in_courses
from enrolments.grounds.models import Enrolment
from enrolments.scope import beyond_part
from enrolments.seats.assign import AlreadyInSession
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat
from enrolments.seats.move_terms import too_late_to_move
from enrolments.seats.placing import CourseNotAllowed, Rules
from enrolments.values import Period


class AlreadyInCourse(Refused):
    """Refusal when the person is in the course already, on a ground of this account: the seat would be used up."""

    def __init__(self, course: Course) -> None:
        sentence = _("Your account has this person in the course “{course}” already: release the seat instead.")
        super().__init__(format_lazy(sentence, course=in_words(lambda: course.name)))
        self.course = course


class OtherCourse(Refused):
    """Refusal when the session is in another course than the person: only seats of packs change the course."""

    message = _("This session is in another course than the person.")


class CourseBeginsTooLate(Refused):
    """Refusal when the person has to enter before the course begins: a move does not give them more time."""

    def __init__(self, course: Course, enter_before: datetime.datetime) -> None:
        sentence = _("This person has to begin by {day}, before the course “{course}” begins for them.")
        day = in_words(lambda: end_in_words(enter_before))
        super().__init__(format_lazy(sentence, course=in_words(lambda: course.name), day=day))
        self.course = course


class NoFreeSeat(Refused):
    """Refusal when no seat of the session is free for the person, in their role."""

    message = _("No seat of this session is free for this person in their role.")


# Role that a free seat was declared for and team that it is of, None where it takes everybody.
Kind = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Moving:
    """Person to be moved from `seat` to `to_seat`: the same seat of a pack, or a free one of a session."""

    seat: Seat
    to_seat: Seat
    role: Role
    period: Period
    more: Sequence[More] = ()

    @property
    def whole_period(self) -> Period:
        return whole(self.period, self.more)

    @property
    def kept_enter_before(self) -> datetime.datetime | None:
        """The day to enter by, which a seat keeps in another course; None on another seat, or without such a day."""
        return self.seat.enter_before if self.to_seat is self.seat else None


@dataclass(frozen=True, slots=True)
class Judged:
    """Moves that can be made, and by the key of the seat the refusals of the others."""

    moves: list[Moving]
    refused: dict[int, Refused]


def judge_moves(
    *,
    seats: Sequence[Seat],
    to: Course | CourseGroup,
    course: Course,
    part: Part | None = None,
    now: datetime.datetime,
) -> Judged:
    """Say which people can be moved: to a course, or to a session of their course.

    `seats` are of one account and assigned, with batch, course, person, role and enrolment; `course` is the target's,
    as it is now, and `part` that of the account which the operator is limited to. Exact only under the course's lock. A
    constant number of statements. The refusals are MovedTooLate for a seat whose terms allow no move any more;
    CourseNotAllowed, CourseClosed, CourseFull, CourseBeginsTooLate, AlreadyInCourse, SeatNotValid for a move to a
    course; OtherCourse, AlreadyInSession, NoFreeSeat for one to a session; CourseOver and PeriodOver for both.
    """
    refused: dict[int, Refused] = {seat.pk: late for seat in seats if (late := too_late_to_move(seat, now)) is not None}
    in_time = [seat for seat in seats if seat.pk not in refused]
    judged = (
        _into_session(in_time, to, course, now)
        if isinstance(to, CourseGroup)
        else _into_course(in_time, course, part, now)
    )
    return Judged(judged.moves, judged.refused | refused)


def with_extensions(moves: Sequence[Moving], *, course: Course, now: datetime.datetime) -> list[Moving]:
    """Return moves with what the seats moved to keep of extensions. Expects the course's lock. One statement, or none.

    People do not take along what was bought on the seat of a session that they leave: it stays there.
    """
    kept = lock_kept([each.to_seat.pk for each in moves]) if moves else {}
    return [
        replace(each, more=periods_of(kept.get(each.to_seat.pk, ()), after=each.period.ends_at, course=course, now=now))
        for each in moves
    ]


def _into_course(seats: Sequence[Seat], course: Course, part: Part | None, now: datetime.datetime) -> Judged:
    judged = Judged([], {})
    people = {seat.person_id for seat in seats if seat.person_id is not None}
    beyond = beyond_part(part, seats, course)
    packs = [seat for seat in seats if seat.batch.source == SeatBatch.Source.PACK]
    rules = Rules.of({seat.batch.course_list for seat in packs}, [course.pk], now=now)
    accounts = {seat.account_id for seat in packs}
    already: set[int | None] = set()
    for account_id in accounts:
        there = already_in_courses(courses=[course], account_id=account_id, user_ids=people, now=now)
        already |= {user_id for _course, user_id in there}
    present = _taking_places(course, people)
    owner = next((seat.account_id for seat in seats), None)
    room = free([course.pk], account_id=owner)[course.pk]
    for seat in seats:
        try:
            if seat.batch.source == SeatBatch.Source.SESSION or seat.pk in beyond:
                raise CourseNotAllowed(course)
            # As if it were free: rules of a free seat of its batch.
            as_free = Seat(batch=seat.batch, account_id=seat.account_id, role=seat.role, valid_until=seat.valid_until)
            role, period = rules.role_and_period(as_free, course, None)
            if seat.course_id == course.pk or seat.person_id in already:
                raise AlreadyInCourse(course)
            if seat.enter_before is not None and seat.enter_before <= period.starts_at:
                raise CourseBeginsTooLate(course, seat.enter_before)
            if seat.person_id not in present:
                if room is not None and room < 1:
                    raise CourseFull(course)
                room = None if room is None else room - 1
        except Refused as refusal:
            judged.refused[seat.pk] = refusal
            continue
        already.add(seat.person_id)
        judged.moves.append(Moving(seat, seat, role, period))
    return judged


def _taking_places(course: Course, people: Collection[int]) -> set[int | None]:
    there = Enrolment.objects.taking_places().filter(course=course, user__in=people)
    return set(there.order_by().values_list("user_id", flat=True))


def _into_session(seats: Sequence[Seat], group: CourseGroup, course: Course, now: datetime.datetime) -> Judged:
    judged = Judged([], {})
    in_session = Seat.objects.in_use().filter(
        batch__order_id=group.order_id or 0,
        batch__source=SeatBatch.Source.SESSION,
        course=course,
        account=group.account_id,
    )
    seated: set[int | None] = set(in_session.order_by().values_list("person_id", flat=True))
    blanks = _blanks(group, len(seats), now)
    teams = _teams(group.account_id, {seat.person_id for seat in seats if seat.person_id is not None})
    rules = Rules.of((), [course.pk], now=now)
    for seat in seats:
        try:
            if seat.course_id != course.pk:
                raise OtherCourse
            if seat.person_id in seated:
                raise AlreadyInSession
            role = seat.enrolment.role if seat.enrolment is not None else rules.student
            # A seat declared for the role goes first, and one for the person's team: the others take everybody. A team
            # uses as many seats as before, so that its quota is not asked.
            team = teams.get(seat.person_id or 0)
            kinds = ((role.pk, team), (role.pk, None), (None, team), (None, None))
            at_hand = next((blanks[kind] for kind in kinds if blanks.get(kind)), None)
            if at_hand is None:
                raise NoFreeSeat
            role, period = rules.role_and_period(at_hand[-1], course, role)
        except Refused as refusal:
            judged.refused[seat.pk] = refusal
            continue
        seated.add(seat.person_id)
        judged.moves.append(Moving(seat, at_hand.pop(), role, period))
    return judged


def _blanks(group: CourseGroup, number: int, now: datetime.datetime) -> dict[Kind, list[Seat]]:
    """Return free seats of a session by role and team, at most so many of each, the first one last. One statement."""
    of_kind = Window(RowNumber(), partition_by=["role", "team"], order_by="pk")
    free_seats = (
        Seat.objects.assignable_at(now)
        .filter(batch__group=group, batch__source=SeatBatch.Source.SESSION, account=group.account_id)
        .annotate(rank=of_kind)
        .filter(rank__lte=number)
        .select_related("batch__group", "role", "course")
    )
    found: dict[Kind, list[Seat]] = {}
    for seat in sorted(free_seats, key=lambda seat: -seat.pk):
        found.setdefault((seat.role_id, seat.team_id), []).append(seat)
    return found


def _teams(account_id: int | None, people: Collection[int]) -> dict[int, int]:
    """Return the teams that an account has people in, by the key of the person. One statement."""
    own = Delegation.objects.filter(account=account_id, person__in=people, team__isnull=False)
    return {person_id: team_id or 0 for person_id, team_id in own.order_by("-pk").values_list("person", "team")}
