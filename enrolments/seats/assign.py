"""A free seat becomes somebody's."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.members.models import CustomerAccount
from accounts.members.operators import keep_right
from accounts.members.rights import Right
from accounts.people.delegation.services import delegate
from accounts.people.models import User
from accounts.people.services import PersonFound, PersonTyped, find_or_create_people
from common.again import again_after_deadlock
from common.refusals import Refused
from common.words import in_words
from enrolments.courses.groups.services import order_group
from enrolments.courses.models import Course
from enrolments.courses.places.services import CourseClosed, CourseOver, lock_courses, refuse_overfull
from enrolments.courses.roles.models import Role
from enrolments.grounds.already import already_enrolled
from enrolments.grounds.enrol import NewGround, enrolment_period, find_or_open, write_grounds
from enrolments.grounds.models import Enrolment, Ground
from enrolments.grounds.notify import tell_enrolled
from enrolments.seats.models import Seat, SeatBatch, SeatState
from enrolments.seats.moves import SeatNotFound, SeatNotFree, move_seat, refusal
from enrolments.seats.reasons import SeatReason
from enrolments.values import AlreadyEnrolled, LineRef, Terms


class SeatNotValid(Refused):
    """The seat's validity is over, though it was not marked as expired yet."""

    message = _("This seat can no longer be assigned: its validity is over.")


class CourseNotAllowed(Refused):
    """The seat was not sold for this course."""

    def __init__(self, course: Course) -> None:
        sentence = _("This seat cannot be used for the course “{course}”. Choose another one.")
        super().__init__(format_lazy(sentence, course=in_words(lambda: course.name)))
        self.course = course


class WrongRole(Refused):
    """The seat was declared for the other role, or the role is neither a learner's nor a tutor's."""

    message = _("This seat cannot be filled in that role.")


class AlreadyInSession(Refused):
    """The person has a seat in this session already: one session never has anybody twice."""

    message = _("This person already has a seat in this session.")


@dataclass(frozen=True, slots=True)
class Assignment:
    """What came of it. Not `is_used`: the person was in the course already on a ground of this account, `until` then
    (None: without end); the seat stays free. `is_new` tells that the person was unknown until now."""

    is_used: bool
    user: User
    seat: Seat
    until: datetime.datetime | None = None
    is_new: bool = False


@again_after_deadlock
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
) -> Assignment:
    """Place a person on a free seat: enrolment, group, supervisor, delegation, history and mail, all of it or nothing.

    A seat from a pack goes into `course`, which must be open and on its list. A session's seat goes into its own
    course, until that is over, though it is full, closed or hidden; `role` (student or tutor, default student) is
    asked for blanks only, a declared seat keeps its own. Whoever is there already on a ground of this account is not
    given a second seat of a pack: see `Assignment`.

    Locks the course, the operator's membership (FOR SHARE), then the seat. Raises SeatNotFound, also when the operator
    places nobody for the account (any more), SeatNotFree (by whom, when: somebody was faster), SeatNotValid,
    CourseNotAllowed, CourseClosed, CourseOver, CourseFull, PeriodOver, WrongRole, AlreadyInSession, and ValidationError
    for something that is no address.
    """
    with transaction.atomic():
        course = lock_courses([course.pk])[course.pk]
        # Kept from here on: who takes the right away, or the account, waits, and finds what is written here.
        if not keep_right(account_id=account.pk, user=operator, right=Right.MANAGE_SEATS):
            raise SeatNotFound
        seat = _free_seat(account, seat_id, now)
        batch = seat.batch
        _refuse_course(seat, course, now)
        role = _role(seat, role)
        period = enrolment_period(course=course, now=now, terms=_terms(batch))
        [found] = find_or_create_people(people=[person], account=account, language=language, now=now).values()
        already = _present(seat, course, found, now)
        if already is not None:
            return Assignment(is_used=False, user=found.user, seat=seat, until=already.until)

        line = LineRef(batch.order_id, batch.order_number, batch.line_id, account.pk)
        group = batch.group or order_group(course=course, line=line)
        ground = NewGround(
            user_id=found.user.pk,
            role_id=role.pk,
            kind=Ground.Kind.SEAT,
            period=period,
            account_id=account.pk,
            order_id=batch.order_id,
            order_number=batch.order_number,
            line_id=batch.line_id,
            unit_index=seat.unit_index,
            unit_id=seat.unit_id,
            seat_id=seat.pk,
            group_id=group.pk,
        )
        grounds = [ground]
        if batch.supervisor_role_id is not None:
            grounds.append(
                replace(ground, user_id=operator.pk, role_id=batch.supervisor_role_id, kind=Ground.Kind.SUPERVISION)
            )
        enrolments = find_or_open(
            course=course, people=[(each.user_id, each.role_id, each.period) for each in grounds], now=now
        )
        kept_place = seat.keeps_place
        _take(seat, course, found.user, enrolments.enrolments[found.user.pk, role.pk], operator, now)
        write_grounds(found=enrolments, grounds=grounds, now=now)
        if not kept_place:
            refuse_overfull([course])
        if found.user != operator:
            users = {found.user.email: found.user}
            delegate(account=account, operator=operator, people=[person], users=users, now=now)
        tell_enrolled(
            users=[found.user],
            course=course,
            account=account,
            line=line,
            key=f"seat:{seat.pk}:{now.isoformat()}",
            period=period,
            language=language,
            now=now,
        )
    return Assignment(is_used=True, user=found.user, seat=seat, until=period.ends_at, is_new=found.created)


def _free_seat(account: CustomerAccount, seat_id: int, now: datetime.datetime) -> Seat:
    seats = Seat.objects.select_related("batch", "batch__group", "role", "course")
    seat = seats.filter(pk=seat_id, account=account).first()
    if seat is None:
        raise SeatNotFound
    if seat.state != SeatState.AVAILABLE:
        raise refusal(SeatNotFree, seat.pk)
    if seat.batch.valid_until is not None and seat.batch.valid_until <= now:
        raise SeatNotValid
    return seat


def _refuse_course(seat: Seat, course: Course, now: datetime.datetime) -> None:
    if seat.course_id is not None and seat.course_id != course.pk:
        raise CourseNotAllowed(course)
    if not course.is_lasting_at(now):
        raise CourseOver(course)
    if seat.course_id is None:
        if not Course.objects.matching(seat.batch.course_list).filter(pk=course.pk).exists():
            raise CourseNotAllowed(course)
        if not course.is_open_at(now):
            raise CourseClosed(course)


def _role(seat: Seat, asked: Role | None) -> Role:
    if seat.role is not None:
        if asked is not None and asked != seat.role:
            raise WrongRole
        return seat.role
    if asked is None:
        return Role.objects.get(code=Role.STUDENT)
    allowed = {Role.STUDENT} if seat.batch.source == SeatBatch.Source.PACK else {Role.STUDENT, Role.TUTOR}
    if asked.code not in allowed:
        raise WrongRole
    return asked


def _present(seat: Seat, course: Course, found: PersonFound, now: datetime.datetime) -> AlreadyEnrolled | None:
    """Whom a pack's seat would be wasted on. Raises AlreadyInSession where a session would have him twice."""
    if found.created:
        return None
    if seat.batch.source == SeatBatch.Source.SESSION:
        same_session = Seat.objects.in_use().filter(
            person=found.user,
            course=course,
            batch__order_id=seat.batch.order_id,
            batch__source=SeatBatch.Source.SESSION,
        )
        if same_session.exists():
            raise AlreadyInSession
        return None
    return already_enrolled(course=course, account_id=seat.account_id, user_ids=[found.user.pk], now=now).get(
        found.user.pk
    )


def _take(seat: Seat, course: Course, user: User, enrolment: Enrolment, operator: User, now: datetime.datetime) -> None:
    moved = move_seat(
        seat=seat,
        to_state=SeatState.ASSIGNED,
        changes={
            "course": course,
            "person": user,
            "enrolment": enrolment,
            "keeps_place": False,
            "assigned_at": now,
            "assigned_by": operator,
        },
        actor=operator,
        reason=SeatReason.ASSIGNED,
        now=now,
    )
    if not moved:
        raise refusal(SeatNotFree, seat.pk)


def _terms(batch: SeatBatch) -> Terms:
    return Terms(starts_at=batch.starts_at, ends_at=batch.ends_at, duration_days=batch.duration_days)
