"""Reads about requests for courses: what a person may ask for, and what an account is asked for."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.members.models import CustomerAccount
from accounts.members.parts import Part
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.courses.sale import with_a_place
from enrolments.grounds.models import Ground
from enrolments.requests.models import CourseRequest
from enrolments.scope import people_within, usable_within
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat

# Kinds of seats among which an operator chooses; those that end first come first.
CHOICES_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Askable:
    """Courses for which a person may ask an account, by name."""

    account: CustomerAccount
    courses: list[Course]


def is_attached_anywhere(user: User) -> bool:
    """Tell whether an account looks after a person. One statement."""
    return Delegation.objects.filter(person=user).exists()


def accounts_of(user: User) -> QuerySet[CustomerAccount]:
    """Return the accounts that look after a person, by name."""
    own = Delegation.objects.filter(account=OuterRef("pk"), person=user)
    return CustomerAccount.objects.filter(Exists(own)).order_by("sort_name", "pk")


def askable_courses(user: User, *, now: datetime.datetime) -> list[Askable]:
    """Return the courses that the free seats of each account which looks after a person can be used for.

    Left out: courses the person is in by that account, and those with an open request to it. How many seats there are
    is never told. At most seven statements, whatever the number of accounts, seats and courses.
    """
    accounts = list(accounts_of(user))
    if not accounts:
        return []
    lists, of_sessions = _free_seats_allow(accounts, now)
    places = with_a_place(Course.objects.open_at(now))
    in_packs = list(places) if lists else []
    covered = Course.objects.filter(pk__in=[course.pk for course in in_packs]).covered_by(lists.values())
    known = {pk for own in of_sessions.values() for pk in own}
    in_sessions = Course.objects.lasting_at(now).filter(is_visible=True).in_bulk(known)
    taken = _courses_taken(user, accounts, now)
    found = []
    for account in accounts:
        own: dict[int, Course] = {
            course.pk: course for course in in_packs if (lists.get(account.pk), course.pk) in covered
        }
        own |= {pk: in_sessions[pk] for pk in of_sessions[account.pk] if pk in in_sessions}
        free = [course for pk, course in own.items() if (account.pk, pk) not in taken]
        if free:
            found.append(Askable(account, sorted(free, key=lambda course: (course.name.casefold(), course.pk))))
    return found


def _free_seats_allow(
    accounts: Collection[CustomerAccount], now: datetime.datetime
) -> tuple[Mapping[int, str], Mapping[int, set[int]]]:
    """Return, by account, one list of courses that covers what its free seats of packs cover, and the courses of its
    sessions with a learner's seat to fill. Two statements."""
    free = Seat.objects.assignable_at(now).for_learners().filter(batch=OuterRef("pk"))
    batches = SeatBatch.objects.filter(Exists(free), account__in=accounts).order_by()
    lists: dict[int, set[str]] = defaultdict(set)
    packs = batches.filter(source=SeatBatch.Source.PACK).values_list("account_id", "course_list").distinct()
    for account_id, course_list in packs:
        lists[account_id].add(course_list)
    of_sessions: dict[int, set[int]] = defaultdict(set)
    sessions = batches.filter(source=SeatBatch.Source.SESSION).values_list("account_id", "course_id").distinct()
    for account_id, course_id in sessions:
        of_sessions[account_id].add(course_id)
    # An empty list covers every course, whatever the others say.
    return {pk: "" if "" in own else ",".join(sorted(own)) for pk, own in lists.items()}, of_sessions


def _courses_taken(
    user: User, accounts: Collection[CustomerAccount], now: datetime.datetime
) -> set[tuple[int | None, int]]:
    """Return the courses a person is in as a learner by these accounts, or asks them for. Two statements."""
    grounds = (
        Ground.objects.live()
        .filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), account__in=accounts, enrolment__user=user)
        .filter(enrolment__role__kind=Role.Kind.LEARNER)
    )
    asked = CourseRequest.objects.filter(account__in=accounts, person=user, state=CourseRequest.State.OPEN)
    return {
        *grounds.order_by().values_list("account_id", "enrolment__course_id"),
        *asked.order_by().values_list("account_id", "course_id"),
    }


def requests_by(user: User) -> QuerySet[CourseRequest]:
    """Return a person's requests to the accounts that look after them."""
    still = Delegation.objects.filter(account=OuterRef("account"), person=user)
    return CourseRequest.objects.filter(Exists(still), person=user).select_related("account", "course")


def requests_to(account: CustomerAccount, part: Part | None = None) -> QuerySet[CourseRequest]:
    """Return the requests to an account by people it looks after who can sign in: of a part, those by its people or for
    its courses."""
    still = Delegation.objects.filter(account=OuterRef("account"), person=OuterRef("person"))
    rows = CourseRequest.objects.filter(Exists(still), account=account, person__is_active=True)
    if part is not None:
        rows = rows.filter(Q(course__in=part.courses) | Q(Exists(people_within(still, account, part))))
    return rows.select_related("course", "answered_by")


@dataclass(frozen=True, slots=True)
class SeatsOffered:
    """Free seats of one order line that serve for a course. `until` is the end of their validity; None where they have
    none, and where single ones have a longer one of their own."""

    batch: SeatBatch
    until: datetime.datetime | None


def seats_for(
    account: CustomerAccount, course: Course, *, part: Part | None = None, now: datetime.datetime
) -> list[SeatsOffered]:
    """Return the free seats of an account, or of a part of it, that take a learner into a course now, by order line;
    those that end first come first, and no more than CHOICES_AT_MOST. Three statements; none counts seats, which may be
    many."""
    if not course.is_lasting_at(now):
        return []
    free = usable_within(Seat.objects.assignable_at(now).for_learners().filter(account=account), part, course.pk)
    suits = Q(source=SeatBatch.Source.SESSION, course=course)
    if course.is_open_at(now):
        packs = SeatBatch.objects.filter(
            Exists(free.filter(batch=OuterRef("pk"))), account=account, source=SeatBatch.Source.PACK
        )
        lists = packs.order_by().values_list("course_list", flat=True).distinct()
        covered = {course_list for course_list, _pk in Course.objects.filter(pk=course.pk).covered_by(lists)}
        suits |= Q(source=SeatBatch.Source.PACK, course_list__in=covered)
    batches = SeatBatch.objects.filter(suits, account=account).filter(Exists(free.filter(batch=OuterRef("pk"))))
    shown = batches.order_by(F("valid_until").asc(nulls_last=True), "pk")[:CHOICES_AT_MOST]
    return [
        SeatsOffered(batch, batch.valid_until if batch.valid_until and batch.valid_until > now else None)
        for batch in shown
    ]


def free_seat(
    account: CustomerAccount, batch_id: int, course: Course, *, part: Part | None = None, now: datetime.datetime
) -> Seat | None:
    """Return a free seat of an order line of an account that takes a learner, of a part if one is given; None if there
    is none (any more)."""
    seats = Seat.objects.assignable_at(now).for_learners().filter(account=account, batch=batch_id)
    return usable_within(seats, part, course.pk).order_by("pk").first()
