"""Giving up of a place by its person: their seat is free for its account again. No money moves by it."""

from __future__ import annotations

import datetime
from collections import defaultdict

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from common.again import again_after_deadlock
from common.refusals import Refused
from enrolments.courses.models import Course
from enrolments.seats.lapse_mails import Lapsed, tell_operators
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.moves import state_shown
from enrolments.seats.reasons import SeatReason
from enrolments.seats.release import release_seats


class CannotLeave(Refused):
    """Refusal to give up a place that the person has begun to use, or does not have any more."""

    message = _("Your place has changed since this page was made, or you have begun the course: it cannot be given up.")


def seats_to_leave(user: User, course: Course) -> list[Seat]:
    """Return the seats by which a person is in a course that they have not entered. One query."""
    seats = Seat.objects.filter(person=user, course=course, state=SeatState.ASSIGNED)
    return list(seats.select_related("account", "course").order_by("pk"))


def shown(seats: list[Seat]) -> str:
    """Return what a page showed of seats, posted back by its form."""
    return "|".join(f"{seat.pk} {state_shown(seat)}" for seat in seats)


@again_after_deadlock
@transaction.atomic
def leave_course(*, user: User, course: Course, seen: str, now: datetime.datetime) -> None:
    """Give up a person's seats in a course, those that `seen` names: each is free for its account again, whose operator
    is mailed. Other grounds of the person in the course stay. Locks like `release_seats`. Raises CannotLeave."""
    seats = seats_to_leave(user, course)
    if not seats or shown(seats) != seen:
        raise CannotLeave
    left = [Lapsed.of(seat) for seat in seats]
    by_account: dict[int, list[Seat]] = defaultdict(list)
    for seat in seats:
        by_account[seat.account_id].append(seat)
    for _account_id, own in sorted(by_account.items()):
        asked = {seat.pk: state_shown(seat) for seat in own}
        released = release_seats(
            account=own[0].account, seats=asked, actor=user, now=now, reason=SeatReason.GIVEN_UP, is_told=False
        )
        if released.refused:
            raise CannotLeave
    tell_operators(left, (), gave_up=True, now=now)
