"""Waiting for a place of a full course, and the offer of those that become free, in turn.

    waiting → offered → taken      by the count of places, when somebody with the offer takes one
    waiting → left      offered → declined      by whoever waits; all their open rows of the course end
    offered → lapsed      waiting → over      by time

Every change runs under the row lock of the course, like every change of the number of places taken.
"""

from __future__ import annotations

import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from accounts.members.models import CustomerAccount
from accounts.members.operators import keep_right
from accounts.members.rights import Right
from accounts.people.models import User
from common.again import again_after_deadlock
from common.moments import day_ends
from enrolments.courses.models import Course
from enrolments.courses.places.services import CourseClosed, CourseOver, free, lock_courses, taken, with_taken
from enrolments.grounds.models import Enrolment
from enrolments.waiting.errors import InCourseAlready, NothingToWaitFor, TooFewFreeSeats, WaitingPlaceNotFound
from enrolments.waiting.events import What, note
from enrolments.waiting.mails import tell_joined, tell_lapsed, tell_offered
from enrolments.waiting.models import WaitingPlace
from enrolments.waiting.selectors import seats_for_course
from enrolments.waiting.tokens import new_token

State = WaitingPlace.State
# Rows offered in one transaction, and courses looked at in one round.
A_STEP = 200


@again_after_deadlock
def wait_as_person(
    *, course: Course, person: User, entry_code: str, language: str, now: datetime.datetime
) -> WaitingPlace:
    """Put a person, whose address is proved, on the waiting list of a full course, and mail them its page.

    A person on it already keeps their turn. Locks the course. Raises CourseOver, CourseClosed, NothingToWaitFor,
    InCourseAlready.
    """
    with transaction.atomic():
        course = _locked_open(course, now)
        present = WaitingPlace.objects.open().filter(course=course, person=person).first()
        if present is not None:
            return present
        if Enrolment.objects.taking_places().filter(course=course, user=person).exists():
            raise InCourseAlready(course)
        if free([course.pk])[course.pk] != 0:
            raise NothingToWaitFor(course)
        place = WaitingPlace.objects.create(
            course=course, person=person, entry_code=entry_code, language=language, joined_at=now, **new_token()
        )
        tell_joined(place)
    return place


@again_after_deadlock
def wait_as_account(
    *,
    account: CustomerAccount,
    course: Course,
    places: int,
    operator: User,
    language: str,
    now: datetime.datetime,
) -> WaitingPlace:
    """Have an account wait for places of a full course, for so many of its free seats; a second call replaces the
    number. A smaller one keeps the turn, a larger one waits at the end.

    Locks the course, the account (FOR KEY SHARE) and the operator's membership (FOR SHARE). Raises
    WaitingPlaceNotFound when the operator places nobody for the account (any more), CourseOver, CourseClosed,
    NothingToWaitFor, TooFewFreeSeats.
    """
    with transaction.atomic():
        course = _locked_open(course, now)
        if not keep_right(account_id=account.pk, user=operator, right=Right.MANAGE_SEATS):
            raise WaitingPlaceNotFound
        own = WaitingPlace.objects.filter(course=course, account=account)
        offered = sum(place.left for place in own.filter(state=State.OFFERED))
        if places + offered > seats_for_course(account, course, now=now):
            raise TooFewFreeSeats
        present = own.waiting().first()
        if present is not None:
            if places != present.places:
                note(What.JOINED, [present], now=now, number=places, actor=operator)
            if places > present.places:
                present.joined_at = now
            present.places, present.language = places, language
            present.save(update_fields=["places", "language", "joined_at"])
            return present
        if free([course.pk])[course.pk] != 0:
            raise NothingToWaitFor(course)
        place = WaitingPlace.objects.create(
            course=course, account=account, places=places, language=language, joined_at=now, **new_token()
        )
        note(What.JOINED, [place], now=now, actor=operator)
    return place


def _locked_open(course: Course, now: datetime.datetime) -> Course:
    locked = lock_courses([course.pk])[course.pk]
    if not locked.is_lasting_at(now):
        raise CourseOver(locked)
    if not locked.is_open_at(now):
        raise CourseClosed(locked)
    return locked


@again_after_deadlock
def give_up(*, place: WaitingPlace, now: datetime.datetime, operator: User | None = None) -> None:
    """Leave the waiting list of a course, or decline what was offered: all open rows there of the same person or
    account end. The places given back are offered to the next.

    Locks the course; for an account its row (FOR KEY SHARE) and the operator's membership (FOR SHARE). Raises
    WaitingPlaceNotFound when the row has ended by now, or the operator places nobody for the account (any more).
    """
    with transaction.atomic():
        lock_courses([place.course_id])
        if place.account_id is not None and (
            operator is None or not keep_right(account_id=place.account_id, user=operator, right=Right.MANAGE_SEATS)
        ):
            raise WaitingPlaceNotFound
        if not WaitingPlace.objects.open().filter(pk=place.pk).exists():
            raise WaitingPlaceNotFound
        _end(place, now, waiting=State.LEFT, offered=State.DECLINED, actor=operator)
    offer_places(course_id=place.course_id, now=now)


def _end(place: WaitingPlace, now: datetime.datetime, *, waiting: str, offered: str, actor: User | None = None) -> None:
    """End all open rows of whoever has a row, in its course, which is locked."""
    same = Q(person=place.person_id) if place.person_id is not None else Q(account=place.account_id)
    rows = WaitingPlace.objects.filter(same, course=place.course_id)
    if place.account_id is not None:
        ending = list(rows.open())
        note(What(offered), [each for each in ending if each.is_offered], now=now, actor=actor)
        if waiting != offered or not any(each.is_offered for each in ending):
            note(What(waiting), [each for each in ending if not each.is_offered], now=now, actor=actor)
    rows.filter(state=State.OFFERED).update(state=offered, ended_at=now)
    rows.filter(state=State.WAITING).update(state=waiting, ended_at=now)


@again_after_deadlock
def offer_places(*, course_id: int, now: datetime.datetime) -> int:
    """End what was not taken in time, then offer the free places of a course to those who wait, in turn; return how
    many rows were offered something.

    Nothing is offered while the course is not open; once it is over nobody waits any more. People who are in the course
    by now leave the list, as do those who were closed, and accounts that have used their seats elsewhere. Locks the
    course. Each offer is mailed in the same transaction.
    """
    with transaction.atomic():
        course = lock_courses([course_id]).get(course_id)
        if course is None:
            return 0
        _lapse(course, now)
        if not course.is_lasting_at(now):
            ending = WaitingPlace.objects.open().filter(course=course)
            note(What.OVER, ending.filter(account__isnull=False), now=now)
            ending.update(state=State.OVER, ended_at=now)
            return 0
        if not course.is_open_at(now):
            return 0
        people = Enrolment.objects.taking_places().filter(course=course).values("user")
        queue = WaitingPlace.objects.waiting().filter(course=course)
        queue.filter(Q(person__in=people) | Q(person__is_active=False)).update(state=State.LEFT, ended_at=now)
        room = None if course.capacity is None else course.capacity - taken([course.pk])[course.pk]
        offers = []
        for place in queue.select_related("person", "account", "course")[:A_STEP]:
            if room is not None and room < 1:
                break
            wanted = _still_wanted(place, now)
            if not wanted:
                WaitingPlace.objects.filter(pk=place.pk).update(state=State.LEFT, ended_at=now)
                note(What.LEFT, [place], now=now)
                continue
            number = wanted if room is None else min(wanted, room)
            room = None if room is None else room - number
            offers.append(_offer(place, number, wanted - number, course, now))
        for place in offers:
            tell_offered(place)
    return len(offers)


def _still_wanted(place: WaitingPlace, now: datetime.datetime) -> int:
    """Return the number of places that a row waits for; of an account no more than its free seats could fill."""
    if place.account is None:
        return place.places
    own = WaitingPlace.objects.filter(course=place.course_id, account=place.account, state=State.OFFERED)
    offered = sum(each.left for each in own)
    return max(0, min(place.places, seats_for_course(place.account, place.course, now=now) - offered))


def _offer(place: WaitingPlace, number: int, rest: int, course: Course, now: datetime.datetime) -> WaitingPlace:
    """Offer so many places; the rest of a row waits on in a row of its own, in the same turn."""
    place.state, place.places = State.OFFERED, number
    place.offered_at, place.offer_ends_at = now, _offer_ends(course, now)
    place.save(update_fields=["state", "places", "offered_at", "offer_ends_at"])
    place.course = course
    note(What.OFFERED, [place], now=now)
    if rest:
        WaitingPlace.objects.create(
            course=course,
            account=place.account,
            places=rest,
            language=place.language,
            joined_at=place.joined_at,
            **new_token(),
        )
    return place


def _offer_ends(course: Course, now: datetime.datetime) -> datetime.datetime:
    """Return the end of an offer made now: no later than that of enrolment, after which nobody could take it."""
    last = min((day for day in (course.enrolment_closes_on, course.last_day) if day is not None), default=None)
    ends_at = now + datetime.timedelta(hours=settings.WAITING_OFFER_HOURS)
    return ends_at if last is None else min(ends_at, day_ends(last))


def _lapse(course: Course, now: datetime.datetime) -> None:
    due = WaitingPlace.objects.filter(course=course, state=State.OFFERED, offer_ends_at__lte=now)
    for place in due.select_related("person", "account", "course").order_by("pk"):
        _end(place, now, waiting=State.LAPSED, offered=State.LAPSED)
        tell_lapsed(place)


def offer_free_places(*, now: datetime.datetime) -> int:
    """Offer places in every course whose waiting list has something to do; return the number of courses looked at."""
    ids = due_courses(now)
    for course_id in ids:
        while offer_places(course_id=course_id, now=now) == A_STEP:
            pass
    return len(ids)


def due_courses(now: datetime.datetime) -> list[int]:
    """Return the courses with an offer that is over, or with people who wait while places are left. One statement."""
    due = WaitingPlace.objects.filter(state=State.OFFERED, offer_ends_at__lte=now).order_by().values("course")
    queued = WaitingPlace.objects.filter(state=State.WAITING).order_by().values("course")
    waited = with_taken(Course.objects.filter(pk__in=queued))
    is_due = Q(capacity__isnull=True) | Q(capacity__gt=F("taken")) | ~Q(pk__in=Course.objects.lasting_at(now))
    ids = Course.objects.filter(Q(pk__in=due) | Q(pk__in=waited.filter(is_due).values("pk")))
    return list(ids.order_by("pk").values_list("pk", flat=True))
