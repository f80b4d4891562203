"""Targets of an extension: a free or expired seat, or a person's enrolment as far as one account's purchases carry it.

A form names a target by its key: `seat-12`, or `ground-34` for the enrolment in which the account has, or had, that
ground. The end of an enrolment is that of the account's own grounds: those of others are never told.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.grounds.models import Ground
from enrolments.seats.models import Seat, SeatState

KEY = re.compile(r"(seat|ground)-([1-9][0-9]{0,17})", re.ASCII)
PEOPLE_OFFERED, SEATS_OFFERED = 100, 50
FREE = (SeatState.AVAILABLE, SeatState.EXPIRED)


class Lengthened(NamedTuple):
    """Identity of a target: two units that pick the same one add up."""

    seat_id: int | None
    account_id: int
    enrolment_id: int | None


@dataclass(frozen=True, slots=True)
class Target:
    """Seat or enrolment that may be extended. `seat` is None for an enrolment; else `ground`, the account's ground of
    it that ends last, is None. `ends_at` is None for one without an end."""

    account_id: int
    course: Course | None
    ends_at: datetime.datetime | None
    seat: Seat | None = None
    ground: Ground | None = None

    @property
    def key(self) -> str:
        return f"seat-{self.seat.pk}" if self.seat is not None else f"ground-{self.ground.pk if self.ground else 0}"

    @property
    def identity(self) -> Lengthened:
        seat_id = self.seat.pk if self.seat is not None else None
        return Lengthened(seat_id, self.account_id, self.ground.enrolment_id if self.ground is not None else None)


def own_grounds(now: datetime.datetime | None = None) -> QuerySet[Ground]:
    """Return the live grounds by which accounts have put learners and tutors into courses; at `now`, if given, but for
    those of people who did not enter in time, whether or not the job has freed their seats."""
    grounds = Ground.objects.live() if now is None else Ground.objects.standing_at(now)
    return grounds.filter(kind__in=(Ground.Kind.SEAT, Ground.Kind.LINE), enrolment__role__kind__in=Role.PLACE_TAKING)


def ending_grounds(now: datetime.datetime) -> QuerySet[Ground]:
    """Return, of each account and enrolment, the own ground at a moment that ends last; none where one has no end."""
    later = own_grounds(now).filter(
        Q(ends_at__isnull=True)
        | Q(ends_at__gt=OuterRef("ends_at"))
        | Q(ends_at=OuterRef("ends_at"), pk__gt=OuterRef("pk")),
        account=OuterRef("account"),
        enrolment=OuterRef("enrolment"),
    )
    return own_grounds(now).filter(~Exists(later), ends_at__isnull=False)


def limited_seats() -> QuerySet[Seat]:
    """Return free and expired seats whose validity has, or had, an end."""
    has_end = Q(valid_until__isnull=False) | Q(batch__valid_until__isnull=False)
    return Seat.objects.filter(has_end, state__in=FREE, people_list__isnull=True)


def find_targets(keys: Iterable[str], *, account_ids: Collection[int] | None) -> dict[str, Target]:
    """Return targets by the keys asked for; keys of other accounts, and all that mean nothing, are left out.

    `account_ids` None looks in every account. The key of a seat that was assigned meanwhile gives the enrolment on it.
    At most three statements, none without keys.
    """
    asked = {key: (match[1], int(match[2])) for key in keys if (match := KEY.fullmatch(key))}
    seat_ids = {pk for kind, pk in asked.values() if kind == "seat"}
    ground_ids = {pk for kind, pk in asked.values() if kind == "ground"}
    whose = {} if account_ids is None else {"account__in": list(account_ids)}
    seats = {
        seat.pk: seat
        for seat in Seat.objects.filter(pk__in=seat_ids, **whose).select_related("batch", "course")
        if seat_ids and seat.state != SeatState.REVOKED
    }
    named = {
        pk: (account_id, enrolment_id)
        for pk, account_id, enrolment_id in Ground.objects.filter(pk__in=ground_ids, **whose).values_list(
            "pk", "account_id", "enrolment_id"
        )
    }
    of_seats = {seat.pk: (seat.account_id, seat.enrolment_id) for seat in seats.values() if seat.enrolment_id}
    last = _last_grounds({*named.values(), *of_seats.values()})
    found: dict[str, Target] = {}
    for key, (kind, pk) in asked.items():
        pair = named.get(pk) if kind == "ground" else of_seats.get(pk)
        ground = last.get(pair) if pair is not None else None
        if ground is not None and ground.account_id is not None:
            found[key] = Target(ground.account_id, ground.enrolment.course, ground.ends_at, ground=ground)
        elif kind == "seat" and pair is None and pk in seats:
            seat = seats[pk]
            found[key] = Target(seat.account_id, seat.course, seat.assignable_until, seat=seat)
    return found


def _last_grounds(pairs: Collection[tuple[int | None, int | None]]) -> dict[tuple[int | None, int | None], Ground]:
    """Return the own ground that ends last for each pair of account and enrolment. One statement, none without any."""
    if not pairs:
        return {}
    grounds = own_grounds().filter(
        account__in={account_id for account_id, _enrolment in pairs},
        enrolment__in={enrolment_id for _account, enrolment_id in pairs},
    )
    last: dict[tuple[int | None, int | None], Ground] = {}
    for ground in grounds.select_related("enrolment__course").order_by(F("ends_at").asc(nulls_last=True), "pk"):
        last[ground.account_id, ground.enrolment_id] = ground
    return last


def owns_one(account_ids: Collection[int]) -> bool:
    """Tell whether one of the accounts has something with an end. At most two statements."""
    if not account_ids:
        return False
    of_accounts = {"account__in": list(account_ids)}
    return (
        limited_seats().filter(**of_accounts).exists()
        or own_grounds().filter(ends_at__isnull=False, **of_accounts).exists()
    )


def targets_to_offer(
    account_ids: Collection[int], *, now: datetime.datetime, besides: Collection[Target] = ()
) -> list[Target]:
    """Return what a form offers: the people whose access ends next, those whose access ended last, and the free seats
    that were sold first; `besides` are offered already, so that others come forward. Three statements."""
    of_accounts = {"account__in": list(account_ids)}
    taken_seats = [target.seat.pk for target in besides if target.seat is not None]
    taken = [target.ground.enrolment_id for target in besides if target.ground is not None]
    ending = ending_grounds(now).filter(**of_accounts).exclude(enrolment__in=taken).select_related("enrolment__course")
    running = ending.filter(ends_at__gt=now).order_by("ends_at", "pk")[:PEOPLE_OFFERED]
    over = ending.filter(ends_at__lte=now).order_by("-ends_at", "-pk")[: PEOPLE_OFFERED // 2]
    others = limited_seats().filter(**of_accounts).exclude(pk__in=taken_seats)
    seats = others.select_related("batch", "course").order_by("account", "state", "pk")
    people = [
        Target(ground.account_id, ground.enrolment.course, ground.ends_at, ground=ground)
        for ground in [*running, *over]
        if ground.account_id is not None
    ]
    free = [Target(seat.account_id, seat.course, seat.assignable_until, seat=seat) for seat in seats[:SEATS_OFFERED]]
    return people + free
