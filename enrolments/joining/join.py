"""Taking a seat by a join link or a printed code, once the person's address is proved."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max

from accounts.members.models import Membership
from accounts.members.parts import Part
from accounts.people.models import User
from accounts.people.proof import prove_address
from accounts.people.services import PersonTyped, find_or_create_people
from accounts.teams.services import TeamNotFound
from common.again import again_after_deadlock
from common.emails import normalise_email
from enrolments.courses.models import Course
from enrolments.courses.places.services import lock_courses
from enrolments.joining.errors import (
    JoinCourseClosed,
    JoinDomainRefused,
    JoinLinkUsedUp,
    JoinLinkWithdrawn,
    JoinOtherTeam,
)
from enrolments.joining.models import JoinLink, JoinUse
from enrolments.joining.selectors import Entrance, free_seats, is_within, refuse_closed
from enrolments.order_operators import placing_operator
from enrolments.scope import usable_within
from enrolments.seats.assign import AlreadyInSession, Assignment, assign_seat
from enrolments.seats.moves import SeatNotFree
from enrolments.seats.placing import CourseNotAllowed
from enrolments.seats.reasons import joined_by
from enrolments.teams.quota import SeatOfAnotherTeam, TeamFull

# Seats that others take meanwhile for another course; each lost one went to somebody.
ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Joined:
    """Result. Without `is_used` the person was in the course already on a ground of the account, until `until` (None:
    without end), or in the session, and nothing was used up."""

    course: Course
    is_used: bool
    until: datetime.datetime | None


@again_after_deadlock
def join(
    *, entrance: Entrance, course_id: int | None, person: PersonTyped, language: str, now: datetime.datetime
) -> Joined:
    """Take a free seat for a person who has proved the address typed; all of it or none of it.

    Call once a code mailed to the address was typed: the address is recorded as proved, and a password typed before
    dies. `course_id` counts where the link leaves the course open. The operator is whoever made the link while one of
    the account's, else the order's, else an owner.

    Locks the link, then the course, the operator's membership, the person, the seat and its team or that of the link.
    Raises the refusals of `refuse_closed`, JoinDomainRefused, JoinCourseClosed, JoinLinkUsedUp, JoinOtherTeam, and of
    the assignment CourseFull, CourseClosed, CourseOver, PeriodOver.
    """
    with transaction.atomic():
        entrance = _locked(entrance)
        link = entrance.link
        refuse_closed(entrance, now=now)
        refuse_domain(link, person.email)
        course_id = link.course_id if link.course_id is not None else course_id
        course = lock_courses([course_id] if course_id else []).get(course_id or 0)
        if course is None:
            raise JoinCourseClosed
        operator = placing_operator(
            account=link.account,
            chosen=link.maker,
            order_id=_order_of(link),
            is_within=lambda part: is_within(part, link, course_id=course.pk),
        )
        if operator is None:
            raise JoinLinkWithdrawn
        find_or_create_people(people=[person], account=link.account, language=language, now=now)
        prove_address(email=normalise_email(person.email), language=language, may_create=False, now=now)
        try:
            assignment = _take_seat(link, course, person, operator, language, now)
        except AlreadyInSession:
            return Joined(course, is_used=False, until=None)
        if assignment.is_used:
            _record(entrance, assignment, now)
    return Joined(course, is_used=assignment.is_used, until=assignment.until)


def refuse_domain(link: JoinLink, email: str) -> None:
    """Raise JoinDomainRefused for an address outside the link's mail domains."""
    allowed = link.allowed_domains
    if allowed and normalise_email(email).rpartition("@")[2] not in allowed:
        raise JoinDomainRefused(allowed)


def _locked(entrance: Entrance) -> Entrance:
    """Return the entrance with its link locked, as it is now: uses are counted by one person at a time."""
    link = JoinLink.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "account", "maker", "batch", "group", "course"
    )
    return Entrance(link.get(pk=entrance.link.pk), entrance.number)


def _order_of(link: JoinLink) -> int:
    of_order = link.batch if link.batch is not None else link.group
    assert of_order is not None
    return of_order.order_id or 0


def _take_seat(
    link: JoinLink, course: Course, person: PersonTyped, operator: User, language: str, now: datetime.datetime
) -> Assignment:
    seats = free_seats(link, now)
    if link.team_id is not None:
        # Whoever is limited to teams places nobody on seats of none.
        member = Membership.objects.filter(account=link.account, user=operator).first()
        seats = usable_within(seats, Part.of(member) if member is not None else None, course.pk)
    for _attempt in range(ATTEMPTS):
        seat = seats.all().first()
        if seat is None:
            break
        try:
            return assign_seat(
                account=link.account,
                seat_id=seat.pk,
                course=course,
                person=person,
                operator=operator,
                language=language,
                now=now,
                reason=joined_by(link.pk),
                team_id=link.team_id,
            )
        except SeatNotFree:
            continue
        except CourseNotAllowed as refused:
            raise JoinCourseClosed from refused
        except TeamFull as refused:
            # Its sentence names a team, to operators.
            raise JoinLinkUsedUp from refused
        except SeatOfAnotherTeam as refused:
            raise JoinOtherTeam from refused
        except TeamNotFound as refused:
            raise JoinLinkWithdrawn from refused
    raise JoinLinkUsedUp


def _record(entrance: Entrance, assignment: Assignment, now: datetime.datetime) -> None:
    uses = JoinUse.objects.filter(link=entrance.link)
    number = entrance.number or (uses.aggregate(last=Max("number"))["last"] or 0) + 1
    JoinUse.objects.create(link=entrance.link, number=number, seat=assignment.seat, person=assignment.user, used_at=now)
