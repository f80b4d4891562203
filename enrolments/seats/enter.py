"""The button *Enter*: training begins, and the seats that paid for it are used for good."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from common.again import again_after_deadlock
from common.refusals import Refused
from enrolments.courses.models import Course
from enrolments.grounds.enrol import record_first_entry
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.moves import move_locked_seats
from enrolments.seats.reasons import SeatReason


class NotEnrolled(Refused):
    """Refusal when the person is not in the course now: not yet, not any more, or never."""

    message = _("You are not enrolled in this course at the moment.")


class NotEnteredInTime(NotEnrolled):
    """Refusal when all that carries the person in the course was to be entered before now."""

    message = _(
        "You did not enter this course in time, so your place in it has ended. Ask whoever enrolled you for a new one."
    )


class CourseFrozen(NotEnrolled):
    """Refusal when all that carries the person in the course is frozen, and the person has not entered before."""

    message = _(
        "Your place in this course is kept, but on hold: the order it belongs to is being settled with the shop. Ask "
        "whoever enrolled you."
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """Result of an entry: the link to redirect to, and the number of seats consumed."""

    link: str
    consumed: int


@again_after_deadlock
def enter_course(*, user: User, course: Course, now: datetime.datetime) -> Entry:
    """Let a person into a course they are enrolled in now; consume every seat assigned to them there.

    Called by a button's POST, never by the opening of a page. Entering again returns the link again; the first entry is
    recorded on each of the person's enrolments there, whatever its grounds. A seat not entered in time lets nobody in,
    freed or not; a frozen one lets in nobody who has not entered yet, and is not consumed. Locks the person's seats in
    the course, then their enrolments, by key. Raises NotEnrolled, NotEnteredInTime, CourseFrozen.
    """
    with transaction.atomic():
        seats = _assigned_seats(user, course, now)
        # Read after the seats are locked: a release that came first has ended its enrolment by now.
        enrolments = _running_enrolments(user, course, now)
        if not enrolments:
            is_late = Enrolment.objects.running_at(now).filter(user=user, course=course).exists()
            raise NotEnteredInTime if is_late else NotEnrolled
        if not Ground.objects.letting_in_at(now).filter(enrolment__in=enrolments).exists():
            raise CourseFrozen
        move_locked_seats(
            seats=seats,
            to_state=SeatState.CONSUMED,
            changes={"consumed_at": now},
            actor=user,
            reason=SeatReason.ENTERED,
            now=now,
        )
        record_first_entry(enrolments=enrolments, now=now)
    return Entry(link=course.link, consumed=len(seats))


def _assigned_seats(user: User, course: Course, now: datetime.datetime) -> list[Seat]:
    """Lock the person's seats. While one is waited for the person may be moved to another session of the course, onto a
    seat that only a new look finds."""
    assigned = Seat.objects.enterable_at(now).filter(person=user, course=course).order_by("pk")
    seats: list[Seat] | None = None
    while (found := list(assigned.select_for_update(no_key=True, of=("self",)))) != seats:
        seats = found
    return seats


def _running_enrolments(user: User, course: Course, now: datetime.datetime) -> list[Enrolment]:
    enrolments = Enrolment.objects.enterable_at(now).filter(user=user, course=course)
    return list(enrolments.select_for_update(no_key=True).order_by("pk"))
