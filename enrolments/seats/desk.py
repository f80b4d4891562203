"""Reads for an operator at work: one seat, its uses, its history; one session."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import OuterRef, QuerySet, Subquery, Sum

from accounts.members.models import CustomerAccount, Membership
from accounts.members.parts import Part
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from common.search import in_name_order
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course, CourseQuerySet
from enrolments.courses.sale import with_a_place
from enrolments.extension.models import SeatExtension
from enrolments.people.selectors import PersonRow
from enrolments.scope import people_within, seats_within, sessions_within
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.selectors import Grounds, seats_of
from enrolments.sessions.selectors import sessions_of

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


def find_seat(
    account: CustomerAccount, seat_id: int, *, part: Part | None = None
) -> WithAnnotations[Seat, Grounds] | None:
    """Return one seat of an account with the data of its page, the days bought for whoever is on it as `days_kept`;
    None for a seat of another account, or beyond a part."""
    seats = seats_within(seats_of(account), account, part)
    kept = SeatExtension.objects.live().of_access().filter(seat=OuterRef("pk")).order_by().values("seat")
    days_kept = Subquery(kept.values(days=Sum("days")))
    return seats.select_related("batch__group").filter(pk=seat_id).annotate(days_kept=days_kept).first()


def find_session(account: CustomerAccount, group_id: int, *, part: Part | None = None) -> CourseGroup | None:
    """Return one session of an account; None for a session of another account, or beyond a part."""
    return sessions_within(sessions_of(account), part).filter(pk=group_id).first()


def nameable_courses(seat: Seat) -> CourseQuerySet:
    """Return the courses a seat was sold for, open or not; never a hidden one."""
    return Course.objects.matching(seat.batch.course_list).filter(is_visible=True)


def choosable_courses(seat: Seat, now: datetime.datetime) -> QuerySet[Course]:
    """Return the courses a seat of a pack can be used for now: on its list, open, with a place left. By name."""
    courses = with_a_place(nameable_courses(seat).open_at(now), account_id=seat.account_id)
    return courses.order_by(in_name_order("name"), "pk")


def next_free_seat(seat: Seat, now: datetime.datetime, *, part: Part | None = None) -> Seat | None:
    """Return another free seat that serves equally: the same entry and list, or the same session and role; one of a
    part alone, if one is given."""
    like = Seat.objects.assignable_at(now).filter(account_id=seat.account_id, role=seat.role).exclude(pk=seat.pk)
    if seat.batch.source == SeatBatch.Source.SESSION:
        like = like.filter(batch__group_id=seat.batch.group_id)
    else:
        like = like.filter(
            batch__source=SeatBatch.Source.PACK,
            batch__entry_code=seat.batch.entry_code,
            batch__course_list=seat.batch.course_list,
        )
    return seats_within(like, seat.account, part).order_by("pk").first()


def is_attached(account: CustomerAccount, email: str, *, part: Part | None = None) -> bool:
    """Tell whether an account looks after a person under this (normalised) address, among those of a part. Other
    accounts do not count."""
    return people_within(Delegation.objects.filter(account=account, email=email), account, part).exists()


def was_assigned(seat: Seat) -> bool:
    """Tell whether anybody had the seat before, of whom it was freed again."""
    return SeatEvent.objects.filter(seat=seat, to_state=SeatState.ASSIGNED).exists()


def moves_of(seat: Seat) -> QuerySet[SeatEvent]:
    """Return every move of a seat in the hands of its account; one that was given to it had others before."""
    return SeatEvent.objects.filter(seat=seat, account=seat.account_id).select_related("actor", "course")


@dataclass(frozen=True, slots=True)
class Move:
    """Row of a seat's history. `actor` is empty where no person moved it, or the account may not see the name."""

    event: SeatEvent
    actor: str
    person: PersonRow | None


def move_rows(account: CustomerAccount, events: Collection[SeatEvent], names: Mapping[int, PersonRow]) -> list[Move]:
    """Return rows of a history for some moves. `names` are `typed_names` of the people in them. One statement.

    Members of the account, present or former, appear under their own names, other people as the account typed them; the
    merchant's staff appear without a name.
    """
    person_ids = {event.person_id for event in events if event.person_id is not None}
    actors = {event.actor for event in events if event.actor is not None}
    members = set(
        Membership.objects.filter(account=account, user__in=[actor.pk for actor in actors]).values_list(
            "user_id", flat=True
        )
    )

    def name_of(actor: User | None) -> str:
        if actor is None:
            return ""
        if actor.pk in names and actor.pk not in members:
            return names[actor.pk].name or names[actor.pk].email
        if actor.pk in person_ids and actor.pk not in members:
            return ""
        if actor.is_staff and actor.pk not in members:
            return ""
        return actor.get_full_name()

    return [Move(event, name_of(event.actor), names.get(event.person_id or 0)) for event in events]
