"""Moving seats from state to state: conditional updates whose row count is checked, and a history row for each.

    available → assigned | expired | revoked      assigned → available | consumed | expired | revoked
    available → available (given to another customer account: `enrolments.seats.give`)
    consumed → revoked (the merchant's explicit yes)      expired → available (renewal) | revoked

The constraint `enrolments_seatevent_move` knows the same table.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection, transaction
from django.db.models import BigIntegerField, DateTimeField, Field, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from common.again import ATTEMPTS
from common.moments import day_ends, days_later, local_day
from common.refusals import Refused
from common.words import in_words, moment_in_words
from enrolments.courses.models import Course
from enrolments.courses.places.services import lock_courses
from enrolments.grounds.models import Enrolment
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.reasons import SeatReason
from outbox.errors import Temporary

if TYPE_CHECKING:
    from enrolments.lists.models import PeopleList

R = TypeVar("R")


class SeatNotFound(Refused):
    """Refusal when this customer account has no such seat; whether another account has it is never told."""

    message = _("This seat does not exist.")


class SeatMoved(Refused):
    """Refusal when the seat is not, or no longer, in the state needed. Tells the actor and time of its last move.

    `actor` is None where no person moved it; `at` is None only for a seat without history.
    """

    sentence = _("This seat was changed by {actor} on {at}. Look at it again before you go on.")
    sentence_without_actor = _("This seat was changed on {at}. Look at it again before you go on.")

    def __init__(self, actor: User | None, at: datetime.datetime | None, state: str) -> None:
        sentence = self.sentence if actor is not None else self.sentence_without_actor
        name = actor.get_full_name() if actor is not None else ""
        super().__init__(in_words(lambda: str(sentence).format(actor=name, at=_moment(at))))
        self.actor = actor
        self.at = at
        self.state = state


class SeatNotFree(SeatMoved):
    """Refusal when another person assigned the seat first, or it ended."""

    sentence = _("This seat is no longer free: {actor} changed it on {at}. Choose another one.")
    sentence_without_actor = _("This seat is no longer free: it was changed on {at}. Choose another one.")


class SeatNotAssigned(SeatMoved):
    """Refusal to release a seat that is not assigned to anybody."""

    sentence = _("This seat is not assigned: {actor} changed it on {at}.")
    sentence_without_actor = _("This seat is not assigned: it was changed on {at}.")


class SeatFrozen(SeatMoved):
    """Refusal when the seat's order is frozen: its buyer withdraws from the contract, or disputes the payment."""

    sentence = _("This seat is on hold: its order is being settled with the shop. Nobody is placed or moved meanwhile.")
    sentence_without_actor = sentence


class SeatConsumed(SeatMoved):
    """Refusal when the person has entered the course: the seat is used for good."""

    sentence = _("This seat is used: the person entered the course on {at}.")
    sentence_without_actor = sentence


def state_shown(seat: Seat) -> str:
    """Return the state of a seat as a page shows it, posted back by its form: an assignment with person and time."""
    if seat.assigned_at is None or seat.person_id is None:
        return seat.state
    return f"{seat.state} {person_key(seat.person_id)} {seat.assigned_at.isoformat()}"


def person_key(person_id: int) -> str:
    """Return a person's key as pages may show it: hashed, since its size tells how long the shop has known them."""
    return salted_hmac("enrolments.seat", str(person_id), algorithm="sha256").hexdigest()[:16]


def still(seat_ids: Collection[int], *states: str) -> QuerySet[Seat]:
    """Return the seats that are still in one of the states: the guard of every move."""
    return Seat.objects.filter(pk__in=seat_ids, state__in=states)


@dataclass(frozen=True, slots=True)
class Taker:
    """Person for a free seat, with the enrolment opened or found for them, and the start of their period in it.

    `kept_enter_before` is the day to enter by of a person who has the seat already and takes it into another course.
    """

    seat: Seat
    course: Course
    user: User
    enrolment: Enrolment
    starts_at: datetime.datetime
    kept_enter_before: datetime.datetime | None = None

    @property
    def enter_before(self) -> datetime.datetime | None:
        """The end of the last day on which the person may enter for the first time; None without such a day.

        The days are counted from the assignment of this seat to the person, or from a later day on which the course
        opens to them. No move of the seat makes the day later.
        """
        if self.kept_enter_before is not None:
            return self.kept_enter_before
        days = self.seat.batch.start_before_days
        return None if days is None else day_ends(local_day(days_later(self.starts_at, days)))


def take_free_seats(
    *,
    takers: Sequence[Taker],
    actor: User,
    now: datetime.datetime,
    kept_for: int | None = None,
    reason: str = SeatReason.ASSIGNED,
) -> set[int]:
    """Assign free seats, all or none; return the keys of those that another transaction moved or kept meanwhile.

    `kept_for` is the key of the list that keeps the seats. Locks the seats by key. The caller rolls back if any key is
    returned. On success the seats have the new values. Three statements, whatever the number of seats.
    """
    ids = [taker.seat.pk for taker in takers]
    locked = Seat.objects.filter(pk__in=ids).select_for_update(no_key=True).order_by("pk")
    states = {pk: (state, list_id) for pk, state, list_id in locked.values_list("pk", "state", "people_list")}
    moved = (
        still(ids, SeatState.AVAILABLE)
        .filter(assigned_at=None, people_list=kept_for, batch__in=_thawed(takers))
        .update(
            state=SeatState.ASSIGNED,
            course=_by_seat({taker.seat.pk: taker.course.pk for taker in takers}),
            person=_by_seat({taker.seat.pk: taker.user.pk for taker in takers}),
            enrolment=_by_seat({taker.seat.pk: taker.enrolment.pk for taker in takers}),
            keeps_place=False,
            people_list=None,
            assigned_at=now,
            assigned_by=actor,
            enter_before=_by_seat({taker.seat.pk: taker.enter_before for taker in takers}, DateTimeField()),
        )
    )
    if moved != len(ids):
        frozen = _frozen(ids)
        return {pk for pk in ids if pk in frozen or states.get(pk) != (SeatState.AVAILABLE, kept_for)}
    SeatEvent.objects.bulk_create(
        SeatEvent(
            seat=taker.seat,
            account_id=taker.seat.account_id,
            at=now,
            actor=actor,
            from_state=SeatState.AVAILABLE,
            to_state=SeatState.ASSIGNED,
            reason=reason,
            course=taker.course,
            person=taker.user,
        )
        for taker in sorted(takers, key=lambda taker: taker.seat.pk)
    )
    for taker in takers:
        seat = taker.seat
        seat.state, seat.keeps_place, seat.people_list = SeatState.ASSIGNED, False, None
        seat.course, seat.person, seat.enrolment = taker.course, taker.user, taker.enrolment
        seat.assigned_at, seat.assigned_by, seat.enter_before = now, actor, taker.enter_before
    return set()


def _thawed(takers: Sequence[Taker]) -> QuerySet[SeatBatch]:
    """Return the seats' batches that are not frozen, as the move finds them; whoever freezes later, freezes the seats
    as moved."""
    return SeatBatch.objects.filter(pk__in={taker.seat.batch_id for taker in takers}, frozen_for=[])


def _frozen(seat_ids: Collection[int]) -> set[int]:
    frozen = Seat.objects.filter(pk__in=seat_ids).exclude(batch__frozen_for=[])
    return set(frozen.order_by().values_list("pk", flat=True))


def _by_seat(values: Mapping[int, object], column: Field | None = None) -> RawSQL:
    """Return the value for each seat of an update, by the seat's key; keys, unless the column is of another kind."""
    column = column or BigIntegerField()
    by_place = f"(%s::{column.db_type(connection)}[])[array_position(%s::bigint[], enrolments_seat.id)]"
    return RawSQL(by_place, (list(values.values()), list(values)), output_field=column)  # noqa: S611


def lock_unmoved(seats: Collection[Seat]) -> set[int]:
    """Lock assigned seats by key; return the keys of those that nobody has moved or frozen since they were read."""
    # The time of the assignment is part of the state read: a seat released and given to another person meanwhile
    # differs.
    as_read = Q(pk__in=[])
    for assigned_at in {seat.assigned_at for seat in seats}:
        as_read |= Q(pk__in=[seat.pk for seat in seats if seat.assigned_at == assigned_at], assigned_at=assigned_at)
    unmoved = still([seat.pk for seat in seats], SeatState.ASSIGNED).filter(as_read, batch__frozen_for=[])
    return set(unmoved.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk", flat=True))


def move_locked_seats(
    *,
    seats: Sequence[Seat],
    to_state: str,
    changes: dict[str, Any],
    actor: User | None,
    reason: str,
    now: datetime.datetime,
) -> None:
    """Move seats that the caller has locked and read in the state they leave. Two statements for any number."""
    ids = [seat.pk for seat in seats]
    if not ids:
        return
    SeatEvent.objects.bulk_create(
        SeatEvent(
            seat_id=seat.pk,
            account_id=seat.account_id,
            at=now,
            actor=actor,
            from_state=seat.state,
            to_state=to_state,
            reason=reason,
            course_id=seat.course_id,
            person_id=seat.person_id,
        )
        for seat in sorted(seats, key=lambda seat: seat.pk)
    )
    moved = still(ids, *{seat.state for seat in seats}).update(state=to_state, **changes)
    if moved != len(ids):
        raise RuntimeError(f"{len(ids) - moved} of {len(ids)} seats moved though they were locked.")


class SeatsRaced(Temporary):
    """Failure to lock seats that went into other courses meanwhile; nothing was done, a new attempt may succeed."""


def with_locked_seats(seats: QuerySet[Seat], work: Callable[[list[Seat]], R]) -> R:
    """Run `work` with seats locked by primary key, after the courses they are in; in one transaction.

    A seat assigned elsewhere while its lock was waited for shows too late that its course is to be locked, and courses
    are never locked after seats: then the locks are given back and all is tried again. Raises SeatsRaced after 3 times.
    """
    for _attempt in range(ATTEMPTS):
        with transaction.atomic():
            locked = _lock_seats(seats)
            if locked is not None:
                return work(locked)
            transaction.set_rollback(True)
    raise SeatsRaced("Seats keep moving between courses.")


def _lock_seats(seats: QuerySet[Seat]) -> list[Seat] | None:
    courses = lock_courses(set(seats.filter(course__isnull=False).order_by().values_list("course_id", flat=True)))
    locked = list(seats.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    if not all(seat.course_id is None or seat.course_id in courses for seat in locked):
        return None
    # A seat given away while its lock was waited for is in another batch, which the first statement does not see.
    return locked if seats.order_by().count() == len(locked) else None


def refusal(kind: type[SeatMoved], seat_id: int) -> SeatMoved:
    """Return the refusal for a seat in an unexpected state, with its last move."""
    return refusals(kind, [seat_id])[seat_id]


def refusals(kind: type[SeatMoved], seat_ids: Collection[int]) -> dict[int, SeatMoved]:
    """Return the refusal for each seat in an unexpected state, with its last move, or the list that keeps it.

    Three statements, none without seats.
    """
    if not seat_ids:
        return {}
    moves = SeatEvent.objects.filter(seat_id__in=seat_ids).select_related("actor").order_by("seat_id", "-pk")
    last = {move.seat_id: move for move in moves.distinct("seat_id")}
    kept = Seat.objects.filter(pk__in=seat_ids, state=SeatState.AVAILABLE, people_list__isnull=False)
    lists = {seat.pk: seat.people_list for seat in kept.select_related("people_list__operator")}
    frozen = _frozen(seat_ids)
    return {pk: _refusal(SeatFrozen if pk in frozen else kind, last.get(pk), lists.get(pk)) for pk in seat_ids}


def _refusal(kind: type[SeatMoved], last: SeatEvent | None, people_list: PeopleList | None) -> SeatMoved:
    if kind is SeatFrozen:
        return SeatFrozen(None, None, "")
    if people_list is not None:
        return kind(people_list.operator, people_list.reserved_at, SeatState.AVAILABLE)
    if last is None:
        return kind(None, None, "")
    if last.to_state == SeatState.CONSUMED:
        kind = SeatConsumed if kind is not SeatNotFree else kind
    return kind(last.actor, last.at, last.to_state)


def _moment(at: datetime.datetime | None) -> str:
    return "" if at is None else moment_in_words(at)
