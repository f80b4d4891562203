"""Exchange of the person on seats for another one, before the first entry, in one step."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.members.models import CustomerAccount
from accounts.members.operators import keep_at_desk
from accounts.people.models import User
from accounts.people.services import PersonTyped, find_or_create_people
from common.again import again_after_deadlock
from common.emails import normalise_email
from common.refusals import Refused
from common.words import end_in_words, in_words
from enrolments.courses.models import Course
from enrolments.courses.places.services import lock_courses
from enrolments.grounds.enrol import let_last
from enrolments.grounds.models import Ground
from enrolments.seats.assign import Freed, assign_seats
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.lapse import lapse_seats
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.moves import SeatNotFound, state_shown
from enrolments.seats.placing import RowsRefused, SeatWanted
from enrolments.seats.reasons import SeatReason
from enrolments.seats.release import release_seats, still_there


class HasSeatAlready(Refused):
    """Refusal to exchange a person for themself."""

    field = "email"
    message = _("This person has the seat already: type the address of somebody else.")


class EnrolledAlready(Refused):
    """Refusal when the other person is in the course already by this account: the seat would not be used up."""

    field = "email"

    def __init__(self, course: Course, until: datetime.datetime | None) -> None:
        sentence = _("Your account has already enrolled this person in “{course}”. Nothing was exchanged.")
        if until is not None:
            sentence = _(
                "Your account has already enrolled this person in “{course}”, until {date}. Nothing was exchanged."
            )
        date = in_words(lambda: end_in_words(until) if until is not None else "")
        super().__init__(format_lazy(sentence, course=in_words(lambda: course.name), date=date))


class SeatsRefused(Refused):
    """Refusal to exchange the person on a set of seats, none of which was changed. `seats` are the refusals by key."""

    def __init__(self, seats: Mapping[int, Refused]) -> None:
        super().__init__(
            in_words(
                lambda: (
                    ngettext(
                        "Nobody was exchanged: %(n)d seat cannot be given to this person.",
                        "Nobody was exchanged: %(n)d seats cannot be given to this person.",
                        len(seats),
                    )
                    % {"n": len(seats)}
                )
            )
        )
        self.seats = dict(sorted(seats.items()))


@dataclass(frozen=True, slots=True)
class Replaced:
    """Result of an exchange: the person who has the seats now, and the seats."""

    user: User
    seats: list[Seat]


@again_after_deadlock
def replace_person(
    *,
    account: CustomerAccount,
    seats: Mapping[int, str | None],
    person: PersonTyped,
    operator: User,
    language: str,
    now: datetime.datetime,
    reason: str = "",
) -> Replaced:
    """Give assigned seats that nobody has entered with to another person, all of them or none.

    Their former person loses what they gave and is mailed so, without a word of the other one, who is enrolled in the
    same course and role for a period that begins anew, and is invited. The place passes on, free to nobody in between.
    For the rest an exchange is a release and an assignment, by the rules of both: validity, list of courses, open
    course. A supervisor who assigned the seat and exchanges the person stays, another operator takes over. `seats`
    gives for each key the `state_shown` that the caller saw, or None.

    Locks the courses, the operator's membership (FOR SHARE), the other person (FOR KEY SHARE), then the seats, each by
    key. The number of statements depends on the number of courses, not of seats. Raises SeatNotFound when the operator
    places nobody for the account, HasSeatAlready, ValidationError for something that is no address, else SeatsRefused
    with, by seat: the refusals of `release_seats` and `assign_seats`, and EnrolledAlready. Seats that were not entered
    in time are freed before, in a transaction of their own.
    """
    lapse_seats(now=now, only=list(seats))
    with transaction.atomic():
        own = Seat.objects.select_related("batch", "course", "enrolment__role").filter(account=account)
        found = own.in_bulk(list(seats))
        lock_courses(seat.course_id for seat in found.values() if seat.course_id and seat.state == SeatState.ASSIGNED)
        if keep_at_desk(account_id=account.pk, user=operator) is None:
            raise SeatNotFound
        # Locked before the seats, like all people.
        known = find_or_create_people(people=[person], account=account, language=language, now=now)
        other = known[normalise_email(person.email)].user
        if any(seat.person_id == other.pk for seat in found.values()):
            raise HasSeatAlready
        seen = {pk: state or (state_shown(found[pk]) if pk in found else None) for pk, state in seats.items()}
        supervised = _supervised_by(operator, found)
        freed = release_seats(
            account=account,
            seats=seen,
            actor=operator,
            now=now,
            reason=reason or SeatReason.REPLACED,
            supervisor=operator,
        )
        if freed.refused:
            raise SeatsRefused(freed.refused)
        _assign(account, found, person, operator, language, now, reason or SeatReason.REPLACED, supervised)
    return Replaced(user=other, seats=list(freed.seats.values()))


def _supervised_by(operator: User, seats: Mapping[int, Seat]) -> dict[int, int]:
    """Return the supervision that an operator has of each seat they assigned, as keys of ground by seat."""
    grounds = Ground.objects.live().filter(seat__in=list(seats), kind=Ground.Kind.SUPERVISION, enrolment__user=operator)
    return {seat_id: pk for seat_id, pk in grounds.values_list("seat_id", "pk") if seat_id is not None}


def _assign(
    account: CustomerAccount,
    before: Mapping[int, Seat],
    person: PersonTyped,
    operator: User,
    language: str,
    now: datetime.datetime,
    reason: str,
    supervised: Mapping[int, int],
) -> None:
    """Assign the seats, just freed; `before` is how they were."""
    # A session's seat is always used, one of a pack only by somebody who is not in the course yet: it goes first.
    ordered = sorted(before.values(), key=lambda seat: (seat.batch.source == SeatBatch.Source.SESSION, seat.pk))
    wanted = [
        SeatWanted(
            seat_id=seat.pk,
            course=seat.course,
            person=person,
            role=None if seat.enrolment is None else seat.enrolment.role,
        )
        for seat in ordered
        if seat.course is not None
    ]
    stay = still_there({(seat.course_id, seat.person_id) for seat in ordered})
    with_place = [seat.pk for seat in ordered if (seat.course_id, seat.person_id) not in stay]
    try:
        assigned = assign_seats(
            account=account,
            wanted=wanted,
            operator=operator,
            language=language,
            now=now,
            freed=Freed(reason=reason, with_place=with_place, supervised=supervised),
        )
    except RowsRefused as refused:
        rows = {wanted[index].seat_id: each for index, each in refused.rows.items()}
        raise SeatsRefused({pk: each for pk, each in rows.items() if isinstance(each, Refused)}) from None
    unused = {
        row.seat_id: EnrolledAlready(row.course, each.until)
        for row, each in zip(wanted, assigned, strict=True)
        if not each.is_used
    }
    if unused:
        raise SeatsRefused(unused)
    let_last(ends={supervised[each.seat.pk]: each.until for each in assigned if each.seat.pk in supervised}, now=now)
