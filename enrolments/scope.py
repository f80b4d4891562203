"""Part of an account that an operator limited to it sees. None for a part is the whole account."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.members.models import CustomerAccount
from accounts.members.parts import Part
from accounts.people.delegation.models import Delegation
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.grounds.models import Ground
from enrolments.seats.models import Seat, SeatBatch, SeatState

Seats = TypeVar("Seats", bound="QuerySet[Seat]")


def seats_within(seats: Seats, account: CustomerAccount, part: Part | None) -> Seats:
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
    if part is None or seat.batch.order_id in part.orders or seat.team_id in part.teams:
        return True
    return seat.team_id is None and course.pk in part.courses


def people_within(people: QuerySet[Delegation], account: CustomerAccount, part: Part | None) -> QuerySet[Delegation]:
    """Keep people of the teams of a part, and those whom the account has placed by its orders or in its courses."""
    if part is None:
        return people
    grounds = Ground.objects.filter(account=account, kind__in=Ground.PLACING, enrolment__user=OuterRef("person"))
    return people.filter(Q(team__in=part.teams) | Q(Exists(grounds.filter(_of_part(part)))))


def grounds_within(grounds: QuerySet[Ground], account: CustomerAccount, part: Part | None) -> QuerySet[Ground]:
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


def _of_part(part: Part) -> Q:
    return Q(enrolment__course__in=part.courses) | Q(order_id__in=part.orders) | Q(seat__team__in=part.teams)
