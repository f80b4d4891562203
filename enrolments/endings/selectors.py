"""Ends of an account's people in their courses: of their access, and of what they are qualified for."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import DateField, Exists, F, Func, OuterRef, QuerySet
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from accounts.members.models import CustomerAccount
from accounts.members.parts import Part
from common.moments import day_ends, days_later, local_day, months_later
from enrolments.courses.models import Course
from enrolments.extension.targets import ending_grounds, own_grounds
from enrolments.grounds.models import Ground
from enrolments.people.selectors import PersonRow, typed_names
from enrolments.scope import grounds_within

# Validity in months: of an order line's ground itself, of a seat's its batch's.
MONTHS = Coalesce("qualification_months", "seat__batch__qualification_months")


@dataclass(frozen=True, slots=True)
class Ending:
    """Person in a course, as far as the account's own purchases go: the end of the access (None: without end), and the
    last day of the qualification (None: none, or not begun). `key` names them in a form of extensions."""

    ground: Ground
    course: Course
    person: PersonRow | None
    ends_at: datetime.datetime | None
    qualified_until: datetime.date | None

    @property
    def key(self) -> str:
        return f"ground-{self.ground.pk}"

    @property
    def can_be_extended(self) -> bool:
        if self.ends_at is None:
            return False
        last_day = self.course.last_day
        return last_day is None or self.ends_at < day_ends(last_day)


def access_ending(account: CustomerAccount, *, now: datetime.datetime) -> QuerySet[Ground]:
    """Return one ground for each of an account's people in a course with an end of access, which is that ground's."""
    return ending_grounds(now).filter(account=account)


def qualification_ending(account: CustomerAccount, *, now: datetime.datetime) -> QuerySet[Ground]:
    """Return one ground for each of an account's people in a course who are qualified by it, with `qualified_until`,
    the last day of that."""
    granting = own_grounds(now).annotate(months=MONTHS).filter(months__isnull=False)
    newer = granting.filter(account=OuterRef("account"), enrolment=OuterRef("enrolment"), pk__gt=OuterRef("pk"))
    begins = Coalesce(
        "enrolment__course__last_day", TruncDate("enrolment__first_entered_at", tzinfo=timezone.get_default_timezone())
    )
    until = Func(
        begins,
        F("months"),
        template="(%(expressions)s))::date",
        arg_joiner=" + make_interval(months => ",
        output_field=DateField(),
    )
    return granting.filter(~Exists(newer), account=account, enrolment__first_entered_at__isnull=False).annotate(
        qualified_until=until
    )


def of_part(
    grounds: QuerySet[Ground], account: CustomerAccount, part: Part | None, *, now: datetime.datetime
) -> QuerySet[Ground]:
    """Keep people in courses that a part has them in; they are shown with all that the account bought for that."""
    if part is None:
        return grounds
    there = own_grounds(now).filter(account=account, enrolment=OuterRef("enrolment"))
    return grounds.filter(Exists(grounds_within(there, account, part)))


def in_course(grounds: QuerySet[Ground], course: Course | None) -> QuerySet[Ground]:
    return grounds if course is None else grounds.filter(enrolment__course=course)


def within(grounds: QuerySet[Ground], *, by: str, when: str, now: datetime.datetime) -> QuerySet[Ground]:
    """Keep those whose end, in the column `by`, is still to come, comes within a number of days, or is over."""
    is_day = by == "qualified_until"
    at = local_day(now) if is_day else now
    if when == "over":
        return grounds.filter(**{f"{by}__lt" if is_day else f"{by}__lte": at})
    coming = grounds.filter(**{f"{by}__gte" if is_day else f"{by}__gt": at})
    if not when:
        return coming
    last = days_later(now, int(when))
    return coming.filter(**{f"{by}__lte": local_day(last) if is_day else last})


def endings(account: CustomerAccount, grounds: Collection[Ground], *, now: datetime.datetime) -> list[Ending]:
    """Return what a list shows of some people, in the order given. Four statements at most."""
    enrolment_ids = [ground.enrolment_id for ground in grounds]
    own = (
        own_grounds(now)
        .filter(account=account, enrolment__in=enrolment_ids)
        .select_related("enrolment__course")
        .annotate(months=MONTHS)
        .order_by("pk")
    )
    by_enrolment: dict[int, list[Ground]] = {}
    for ground in own:
        by_enrolment.setdefault(ground.enrolment_id, []).append(ground)
    people = typed_names(account, {each[0].enrolment.user_id for each in by_enrolment.values()})
    return [_ending(by_enrolment[pk], people) for pk in enrolment_ids if pk in by_enrolment]


def _ending(own: Sequence[Ground], people: dict[int, PersonRow]) -> Ending:
    enrolment = own[0].enrolment
    ends = [ground.ends_at for ground in own if ground.ends_at is not None]
    has_end = len(ends) == len(own)
    months = [each for ground in own if (each := getattr(ground, "months", None)) is not None]
    begins = enrolment.course.last_day or (
        local_day(enrolment.first_entered_at) if enrolment.first_entered_at is not None else None
    )
    is_qualified = bool(months) and enrolment.first_entered_at is not None and begins is not None
    return Ending(
        ground=max(own, key=lambda ground: (ground.ends_at is None, ground.ends_at or ground.created_at, ground.pk)),
        course=enrolment.course,
        person=people.get(enrolment.user_id),
        ends_at=max(ends) if has_end else None,
        qualified_until=months_later(begins, months[-1]) if is_qualified and begins is not None else None,
    )
