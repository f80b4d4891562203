"""Reads about waiting lists: of a person, of an account, and what an account may wait for."""

from __future__ import annotations

import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from common.search import in_name_order
from common.tokens import hash_token
from enrolments.courses.models import Course
from enrolments.courses.sale import with_places_left
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat
from enrolments.waiting.models import WaitingPlace


def find_place(token: str) -> WaitingPlace | None:
    """Return the place of a person that a mailed address leads to; an account's is none."""
    rows = WaitingPlace.objects.select_related("course", "person").filter(person__isnull=False)
    return rows.filter(token_hash=hash_token(token)).first()


def open_places_of(user: User) -> QuerySet[WaitingPlace]:
    """Return the places of a person in waiting lists, offers first."""
    own = WaitingPlace.objects.open().filter(person=user)
    return own.select_related("course").order_by("offer_ends_at", "joined_at", "pk")


def places_of(account: CustomerAccount) -> QuerySet[WaitingPlace]:
    """Return the open places of an account in waiting lists, offers first."""
    own = WaitingPlace.objects.open().filter(account=account)
    return own.select_related("course").order_by("offer_ends_at", "joined_at", "pk")


def before_in_turn(place: WaitingPlace) -> int:
    """Return the number of places that others wait for, before a place that waits."""
    earlier = Q(joined_at__lt=place.joined_at) | Q(joined_at=place.joined_at, pk__lt=place.pk)
    rows = WaitingPlace.objects.waiting().filter(earlier, course=place.course_id)
    return sum(rows.order_by().values_list("places", flat=True))


def seats_for_course(account: CustomerAccount, course: Course, *, now: datetime.datetime) -> int:
    """Return the number of free seats of packs of an account that take a learner into a course. Three statements."""
    free = Seat.objects.assignable_at(now).for_learners().filter(account=account, batch__source=SeatBatch.Source.PACK)
    lists = free.order_by().values_list("batch__course_list", flat=True).distinct()
    covered = {course_list for course_list, _pk in Course.objects.filter(pk=course.pk).covered_by(lists)}
    return free.filter(batch__course_list__in=covered).count() if covered else 0


def full_courses(account: CustomerAccount, *, now: datetime.datetime) -> QuerySet[Course]:
    """Return the open courses without a place left for which an account has free seats, by name. Two statements."""
    free = Seat.objects.assignable_at(now).for_learners().filter(batch=OuterRef("pk"))
    packs = SeatBatch.objects.filter(Exists(free), account=account, source=SeatBatch.Source.PACK)
    lists = packs.order_by().values_list("course_list", flat=True).distinct()
    is_open = Course.objects.open_at(now)
    allowed = {pk for _list, pk in is_open.filter(capacity__isnull=False).covered_by(lists)}
    full = with_places_left(Course.objects.filter(pk__in=allowed)).filter(places_left=0)
    return full.order_by(in_name_order("name"), "pk")
