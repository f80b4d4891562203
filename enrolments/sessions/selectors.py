"""Reads about the sessions of a customer account; a session is all that one order bought for one course."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.members.models import CustomerAccount
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.roles.models import Role
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat, SeatState, is_being, is_used


@dataclass(slots=True)
class SessionRow:
    """Session with its people counted by their seats."""

    group: CourseGroup
    learners: int = 0
    tutors: int = 0
    blanks: int = 0
    begun: int = 0

    @property
    def people(self) -> int:
        return self.learners + self.tutors


def sessions_of(account: CustomerAccount) -> QuerySet[CourseGroup]:
    """Return the groups of an account's orders that hold a session, with their courses."""
    batches = SeatBatch.objects.filter(group=OuterRef("pk"), source=SeatBatch.Source.SESSION)
    return CourseGroup.objects.filter(Exists(batches), account=account).select_related("course")


def session_rows(groups: Collection[CourseGroup], *, now: datetime.datetime | None = None) -> list[SessionRow]:
    """Return rows for a list of some sessions, as they are at `now` (None: this moment). One statement."""
    now = now or timezone.now()
    rows = {group.pk: SessionRow(group) for group in groups}
    in_use = is_used(now)
    counts = (
        Seat.objects.filter(batch__group_id__in=list(rows))
        .order_by()
        .values("batch__group_id")
        .annotate(
            learners=Count("pk", filter=in_use & Q(enrolment__role__kind=Role.Kind.LEARNER)),
            tutors=Count("pk", filter=in_use & Q(enrolment__role__kind=Role.Kind.TUTOR)),
            blanks=Count("pk", filter=is_being(SeatState.AVAILABLE, now)),
            begun=Count("pk", filter=Q(state=SeatState.CONSUMED)),
        )
    )
    for count in counts:
        row = rows[count["batch__group_id"]]
        row.learners, row.tutors = count["learners"], count["tutors"]
        row.blanks, row.begun = count["blanks"], count["begun"]
    return list(rows.values())
