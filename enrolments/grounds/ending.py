"""The end of grounds, which shortens enrolments or closes them, and what people are told of it."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from typing import Protocol

from django.db import transaction
from django.db.models import QuerySet

from enrolments.courses.places.services import lock_courses
from enrolments.events.services import write_enrolment_events
from enrolments.grounds.members import members_of
from enrolments.grounds.models import Enrolment, EnrolmentEvent, Ground
from enrolments.grounds.periods import derive_periods
from enrolments.grounds.told import Lost, tell_lost
from enrolments.seats.reasons import SeatReason


class TellLost(Protocol):
    def __call__(self, *, lost: Sequence[Lost], now: datetime.datetime) -> None: ...


def end_grounds(
    *,
    grounds: QuerySet[Ground],
    reason: str,
    now: datetime.datetime,
    is_told: bool = True,
    tell: TellLost = tell_lost,
) -> int:
    """End live grounds; close the enrolments left without any, shorten the others. Return the number of grounds ended.

    Learners and tutors who lose the course by it, or the last days of it, are mailed (`enrolments.grounds.told`),
    unless `is_told` is unset: nobody has told them of it. `tell` mails them for a caller that tells more. Locks the
    courses concerned. A constant number of statements for each account.
    """
    live = grounds.filter(ended_at__isnull=True)
    course_ids = set(live.order_by().values_list("enrolment__course_id", flat=True))
    with transaction.atomic(savepoint=False):
        lock_courses(course_ids)
        ending = list(
            live.filter(enrolment__course_id__in=course_ids)
            .order_by("pk")
            .values_list("pk", "enrolment_id", "enrolment__user_id", "group_id")
        )
        if not ending:
            return 0
        before = _what_they_give([pk for pk, *_rest in ending])
        Ground.objects.filter(pk__in=[pk for pk, *_rest in ending]).update(ended_at=now, ended_reason=reason)
        events = derive_periods({enrolment_id for _pk, enrolment_id, *_rest in ending}, now)
        if is_told:
            _tell_lost(before, events, now, tell, is_late=reason == SeatReason.LAPSED)
        in_group = {
            (group_id, user_id): enrolment_id for _pk, enrolment_id, user_id, group_id in ending if group_id is not None
        }
        remaining = members_of(in_group)
        events += [
            EnrolmentEvent(
                enrolment_id=enrolment_id,
                at=now,
                what=EnrolmentEvent.What.GROUP_LEFT,
                detail={"group": group_id},
            )
            for (group_id, user_id), enrolment_id in in_group.items()
            if (group_id, user_id) not in remaining
        ]
        write_enrolment_events(events)
    return len(ending)


# Supervisors and customers of a support course lose these with what they did or bought, of which they are told.
_TOLD = (Ground.Kind.SEAT, Ground.Kind.LINE, Ground.Kind.MERCHANT)


def _what_they_give(ground_ids: Collection[int]) -> list[Ground]:
    """Return those of the grounds whose end people are told of, with the enrolments as they are now."""
    told = Ground.objects.filter(pk__in=ground_ids, kind__in=_TOLD, enrolment__user__is_active=True)
    return list(told.select_related("account", "enrolment__course", "enrolment__user").order_by("pk"))


def _tell_lost(
    ended: Sequence[Ground],
    events: Sequence[EnrolmentEvent],
    now: datetime.datetime,
    tell: TellLost,
    *,
    is_late: bool,
) -> None:
    """Tell people of the courses they lost, or lost earlier than they knew, with these grounds."""
    changed = {event.enrolment_id: event for event in events}
    concerned = [ground for ground in ended if ground.enrolment_id in changed]
    if not concerned:
        return
    users = {ground.enrolment.user_id for ground in concerned}
    courses = {ground.enrolment.course_id for ground in concerned}
    still = Enrolment.objects.taking_places().filter(user__in=users, course__in=courses).order_by("pk")
    ends: dict[tuple[int, int], list[datetime.datetime | None]] = {}
    for user_id, course_id, ends_at in still.values_list("user_id", "course_id", "ends_at"):
        ends.setdefault((user_id, course_id), []).append(ends_at)
    lost: dict[tuple[int, int], Lost] = {}
    for ground in concerned:
        before = ground.enrolment
        left = ends.get((before.user_id, before.course_id), [])
        until = None if None in left else max((end for end in left if end is not None), default=now)
        is_over = before.ends_at is not None and before.ends_at <= now
        if is_over or until is None or (before.ends_at is not None and until >= before.ends_at):
            continue
        lost.setdefault(
            (before.user_id, before.course_id),
            Lost(
                user=before.user,
                course=before.course,
                account=ground.account,
                until=until if until > now else None,
                key=str(ground.pk),
                is_late=is_late,
            ),
        )
    tell(lost=list(lost.values()), now=now)
