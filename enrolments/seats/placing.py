"""Checks of seats wanted for people: what can be said before any person is known."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from accounts.people.services import PersonTyped
from common.emails import normalise_email
from common.refusals import Refused
from common.words import in_words
from enrolments.courses.models import Course
from enrolments.courses.places.services import CourseClosed, CourseOver
from enrolments.courses.roles.models import Role
from enrolments.extension.on_seats import Kept, More, lock_kept, periods_of, whole
from enrolments.grounds.periods import PeriodOver, enrolment_period
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.moves import SeatMoved, SeatNotFound, SeatNotFree, refusals
from enrolments.values import LineRef, Period, Terms


class SeatNotValid(Refused):
    """Refusal when the seat's validity is over, though it was not marked as expired yet."""

    message = _("This seat can no longer be assigned: its validity is over.")


class CourseNotAllowed(Refused):
    """Refusal when the seat was not sold for this course."""

    def __init__(self, course: Course) -> None:
        sentence = _("This seat cannot be used for the course “{course}”. Choose another one.")
        super().__init__(format_lazy(sentence, course=in_words(lambda: course.name)))
        self.course = course


class WrongRole(Refused):
    """Refusal when the seat was declared for the other role, or the role is neither a learner's nor a tutor's."""

    message = _("This seat cannot be filled in that role.")


class RowsRefused(Refused):
    """Refusal of a set of rows, none of which was assigned. `rows` are the refusals by index of the row, from 0."""

    def __init__(self, rows: Mapping[int, Refused | ValidationError]) -> None:
        super().__init__(
            in_words(
                lambda: (
                    ngettext(
                        "Nobody was placed: %(n)d row cannot be assigned.",
                        "Nobody was placed: %(n)d rows cannot be assigned.",
                        len(rows),
                    )
                    % {"n": len(rows)}
                )
            )
        )
        self.rows = dict(sorted(rows.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatWanted:
    """Row of a set: a person for a free seat, in a course. `role` applies to a session's blank seats only, and
    `team_id` puts a person who is in no team into one."""

    seat_id: int
    course: Course
    person: PersonTyped
    role: Role | None = None
    team_id: int | None = None


@dataclass(frozen=True, slots=True)
class Placing:
    """Row that may be assigned, as far as that depends on no person.

    `period` is the seat's own, `more` what its extensions add to it.
    """

    index: int
    seat: Seat
    course: Course
    role: Role
    period: Period
    more: Sequence[More]
    person: PersonTyped
    email: str
    keeps_place: bool
    team_id: int | None = None

    @property
    def whole_period(self) -> Period:
        return whole(self.period, self.more)

    @property
    def is_session(self) -> bool:
        return self.seat.batch.source == SeatBatch.Source.SESSION

    @property
    def line(self) -> LineRef:
        batch = self.seat.batch
        return LineRef(batch.order_id, batch.order_number, batch.line_id, self.seat.account_id)


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules by which a seat takes a person into a course, as far as they depend on no person.

    `allowed` are the courses that each list of courses covers, as (list, course key).
    """

    allowed: Collection[tuple[str, int]]
    student: Role
    now: datetime.datetime
    kept: Kept = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        course_lists: Iterable[str],
        courses: Collection[int],
        *,
        now: datetime.datetime,
        kept: Kept | None = None,
    ) -> Rules:
        """Return the rules for seats with these lists of courses; `kept` are the extensions they keep. Two
        statements."""
        allowed = Course.objects.filter(pk__in=courses).covered_by(course_lists)
        # As a list, since a page may judge again what it has just refused.
        [student] = Role.objects.filter(code=Role.STUDENT)
        return cls(allowed, student, now, kept or {})

    def role_and_period(self, seat: Seat, course: Course, role: Role | None) -> tuple[Role, Period]:
        """Return role and period of a person on a free seat.

        Raises SeatNotValid, CourseNotAllowed, CourseClosed, CourseOver, PeriodOver, WrongRole.
        """
        # A list keeps its seats for a moment: what was valid then is valid still.
        is_kept = seat.people_list_id is not None
        if seat.assignable_until is not None and seat.assignable_until <= self.now and not is_kept:
            raise SeatNotValid
        _refuse_course(seat, course, self.allowed, self.now)
        role = _role(seat, role, self.student)
        return role, self._period(seat, course)

    def more(self, seat: Seat, course: Course, period: Period) -> list[More]:
        """Return the periods that the seat's extensions add to its own."""
        return periods_of(self.kept.get(seat.pk, ()), after=period.ends_at, course=course, now=self.now)

    def _period(self, seat: Seat, course: Course) -> Period:
        """Return the seat's own period; where that is over, but the seat was extended, the one it was sold for."""
        terms = _terms(seat.batch)
        try:
            return enrolment_period(course=course, now=self.now, terms=terms)
        except PeriodOver:
            sold_at, ends_at = seat.batch.sold_at, terms.ends_at
            if ends_at is None or ends_at <= sold_at:
                raise
            over = Period(sold_at, ends_at)
            if not self.more(seat, course, over):
                raise
            return over


def check_rows(
    account: CustomerAccount,
    wanted: Sequence[SeatWanted],
    courses: Mapping[int, Course],
    operator: User,
    now: datetime.datetime,
    *,
    kept_for: int | None = None,
) -> list[Placing]:
    """Check all that depends on no person. Raises RowsRefused. A constant number of statements.

    Locks the extensions that the seats keep.
    """
    rows = Seat.objects.select_related("batch", "batch__group", "role", "course")
    seats = rows.filter(account=account).in_bulk([row.seat_id for row in wanted])
    packs = {seat.batch.course_list for seat in seats.values() if seat.course_id is None}
    rules = Rules.of(packs, list(courses), now=now, kept=lock_kept(seats))
    taken = [pk for pk, seat in seats.items() if not _is_free(seat, kept_for)]
    not_free: dict[int, SeatMoved] = refusals(SeatNotFree, taken)
    placings: list[Placing] = []
    refused: dict[int, Refused | ValidationError] = {}
    chosen: set[int] = set()
    for index, row in enumerate(wanted):
        try:
            seat = seats.get(row.seat_id)
            if seat is None:
                raise SeatNotFound
            if seat.pk in not_free:
                raise not_free[seat.pk]
            if seat.pk in chosen:
                raise SeatNotFree(operator, now, SeatState.ASSIGNED)
            course = courses[row.course.pk]
            role, period = rules.role_and_period(seat, course, row.role)
            placings.append(
                Placing(
                    index=index,
                    seat=seat,
                    course=course,
                    role=role,
                    period=period,
                    more=rules.more(seat, course, period),
                    person=row.person,
                    email=normalise_email(row.person.email),
                    keeps_place=seat.keeps_place,
                    team_id=row.team_id,
                )
            )
            chosen.add(seat.pk)
        except (Refused, ValidationError) as refusal_of_row:
            refused[index] = refusal_of_row
    if refused:
        raise RowsRefused(refused)
    return placings


def _is_free(seat: Seat, kept_for: int | None) -> bool:
    return seat.state == SeatState.AVAILABLE and seat.people_list_id == kept_for and not seat.batch.frozen_for


def _refuse_course(seat: Seat, course: Course, allowed: Collection[tuple[str, int]], now: datetime.datetime) -> None:
    if seat.course_id is not None and seat.course_id != course.pk:
        raise CourseNotAllowed(course)
    if not course.is_lasting_at(now):
        raise CourseOver(course)
    if seat.course_id is None:
        if (seat.batch.course_list, course.pk) not in allowed:
            raise CourseNotAllowed(course)
        if not course.is_open_at(now):
            raise CourseClosed(course)


def _role(seat: Seat, asked: Role | None, student: Role) -> Role:
    if seat.role is not None:
        if asked is not None and asked != seat.role:
            raise WrongRole
        return seat.role
    if asked is None:
        return student
    allowed = {Role.STUDENT} if seat.batch.source == SeatBatch.Source.PACK else {Role.STUDENT, Role.TUTOR}
    if asked.code not in allowed:
        raise WrongRole
    return asked


def _terms(batch: SeatBatch) -> Terms:
    return Terms(starts_at=batch.starts_at, ends_at=batch.ends_at, duration_days=batch.duration_days)
