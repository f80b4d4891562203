"""Part of an account that an operator limited to it sees. None for a part is the whole account."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.members.models import CustomerAccount
from accounts.members.parts import Part
from accounts.people.delegation.models import Delegation
from accounts.teams.models import Team
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.grounds.models import Ground
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat, SeatState

Seats = TypeVar("Seats", bound="QuerySet[Seat]")
Courses = TypeVar("Courses", bound="QuerySet[Course]")


def seats_within(seats: Seats, account: CustomerAccount | int, part: Part | None) -> Seats:
    """Keep seats of the teams, orders and courses of a part: also those of no team that people of its teams have, and
    the free ones of no team that may be used for its courses. At most two statements at once."""
    if part is None:
        return seats
    people = Delegation.objects.filter(account=account, person=OuterRef("person"), team__in=part.teams)
    within = Q(team__in=part.teams) | Q(batch__order_id__in=part.orders) | Q(course__in=part.courses)
    within |= Q(Exists(people), team__isnull=True)
    if part.courses:
        packs = SeatBatch.objects.filter(account=account, source=SeatBatch.Source.PACK).order_by()
        lists = set(packs.values_list("course_list", flat=True).distinct())
        covering = {text for text, _course in Course.objects.filter(pk__in=part.courses).covered_by(lists)}
        within |= Q(
            state=SeatState.AVAILABLE,
            team__isnull=True,
            batch__source=SeatBatch.Source.PACK,
            batch__course_list__in=covering,
        )
    return seats.filter(within)


def may_place(part: Part | None, seat: Seat, course: Course) -> bool:
    """Tell whether an operator may place somebody on a seat in a course. Expects the seat's batch loaded."""
    return may_use(part, team_id=seat.team_id, order_id=seat.batch.order_id, course_id=course.pk)


def beyond_part(part: Part | None, seats: Collection[Seat], course: Course) -> set[int]:
    """Return the keys of the seats whose people an operator may not move to a course: neither is the seat of the part,
    nor the person of its teams. One statement at most; expects the seats' batches."""
    beyond = [seat for seat in seats if not may_place(part, seat, course)]
    if part is None or not beyond:
        return set()
    people = Delegation.objects.filter(person__in=[seat.person_id for seat in beyond], team__in=part.teams)
    own = set(people.values_list("account", "person"))
    return {seat.pk for seat in beyond if seat.team_id is not None or (seat.account_id, seat.person_id) not in own}


def may_use(part: Part | None, *, team_id: int | None, order_id: int | None, course_id: int | None) -> bool:
    """Tell whether an operator may place somebody on the seats of a team (None: of none) and an order, in a course."""
    if part is None or order_id in part.orders or team_id in part.teams:
        return True
    return team_id is None and course_id in part.courses


def usable_within(seats: Seats, part: Part | None, course_id: int | None) -> Seats:
    """Keep the seats that `may_use` allows for a course."""
    if part is None:
        return seats
    usable = Q(team__in=part.teams) | Q(batch__order_id__in=part.orders)
    if course_id in part.courses:
        usable |= Q(team__isnull=True)
    return seats.filter(usable)


def people_within(
    people: QuerySet[Delegation], account: CustomerAccount | int, part: Part | None
) -> QuerySet[Delegation]:
    """Keep people of the teams of a part, and those whom the account has placed by its orders or in its courses."""
    if part is None:
        return people
    grounds = Ground.objects.filter(account=account, kind__in=Ground.PLACING, enrolment__user=OuterRef("person"))
    return people.filter(Q(team__in=part.teams) | Q(Exists(grounds.filter(_of_part(part)))))


def grounds_within(grounds: QuerySet[Ground], account: CustomerAccount | int, part: Part | None) -> QuerySet[Ground]:
    """Keep the grounds that a part has people in courses by; all of people of its teams."""
    if part is None:
        return grounds
    people = Delegation.objects.filter(account=account, person=OuterRef("enrolment__user"), team__in=part.teams)
    return grounds.filter(_of_part(part) | Q(Exists(people)))


def sessions_within(sessions: QuerySet[CourseGroup], part: Part | None) -> QuerySet[CourseGroup]:
    """Keep the sessions of the orders and courses of a part: a session is seen whole."""
    if part is None:
        return sessions
    batches = SeatBatch.objects.filter(group=OuterRef("pk"), order_id__in=part.orders)
    return sessions.filter(Q(course__in=part.courses) | Q(Exists(batches)))


def teams_within(teams: QuerySet[Team], part: Part | None) -> QuerySet[Team]:
    return teams if part is None else teams.filter(pk__in=part.teams)


def courses_within(courses: Courses, part: Part | None) -> Courses:
    """Keep the courses that a part names: those of its teams and orders are no choice for it."""
    return courses if part is None else courses.filter(pk__in=part.courses)


def _of_part(part: Part) -> Q:
    return Q(enrolment__course__in=part.courses) | Q(order_id__in=part.orders) | Q(seat__team__in=part.teams)
