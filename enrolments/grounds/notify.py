"""Telling people that they are in a course."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import cache

from django.conf import settings
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from accounts.people.services import CoursesInWords, invite_people
from accounts.selectors import ids_with_proved_address
from common.words import end_in_words, start_in_words
from enrolments.courses.models import Course
from enrolments.grounds.enrol import together
from enrolments.grounds.models import Ground
from enrolments.values import LineRef, Period
from outbox.mails.services import NewMail, queue_mails


def tell_enrolled(
    *,
    users: Sequence[User],
    course: Course,
    key: str,
    period: Period,
    language: str,
    now: datetime.datetime,
    account: CustomerAccount | None = None,
    line: LineRef | None = None,
) -> None:
    """Mail everybody newly placed: an invitation where the address is not proved yet, else what he was placed into.

    `key` names the occasion: a second call for it mails nobody twice. Mails are in the person's language, else in
    `language`, and name the customer account, if there is one. A constant number of statements; recorded in the
    caller's transaction.
    """
    proved = ids_with_proved_address(users)
    waiting = [user for user in users if user.pk not in proved]
    if waiting:
        invite_people(
            users=waiting,
            account=account,
            reason_key=key,
            language=language,
            now=now,
            courses=courses_in_words([(course, period)]),
            proved=proved,
        )
    queue_mails(
        [
            NewMail(
                kind="seat_assigned",
                key=f"seat_assigned:{key}:{user.pk}",
                recipient=user.email,
                language=user.language or language,
                context=_context(course, account, period, user.language or language),
                account_id=account.pk if account else None,
                order_id=line.order_id if line else None,
                person_id=user.pk,
            )
            for user in users
            if user.pk in proved and user.is_active
        ]
    )


def courses_in_words(courses: Sequence[tuple[Course, Period]]) -> CoursesInWords:
    """What an invitation says of the courses somebody finds behind it; said once for each language."""

    @cache
    def say(language: str) -> list[dict[str, str]]:
        with translation.override(language or settings.LANGUAGE_CODE):
            return [
                {"name": course.name, "period": _period_in_words(period), "place": course.place}
                for course, period in courses
            ]

    return say


def placed_by(*, account: CustomerAccount, user: User, now: datetime.datetime) -> list[tuple[Course, Period]]:
    """The courses an account put somebody into that are not over for him, and for how long by its own grounds alone.

    By name; what others bought for him is not told. One statement.
    """
    grounds = (
        Ground.objects.live()
        .filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), account=account, enrolment__user=user)
        .filter(kind__in=(Ground.Kind.SEAT, Ground.Kind.LINE))
        .select_related("enrolment__course")
        .order_by("enrolment__course__name", "pk")
    )
    periods: dict[Course, Period] = {}
    for ground in grounds:
        period = Period(ground.starts_at, ground.ends_at)
        course = ground.enrolment.course
        periods[course] = together(periods.get(course, period), period)
    return list(periods.items())


def _period_in_words(period: Period) -> str:
    start = start_in_words(period.starts_at)
    if period.ends_at is None:
        return _("from %(start)s") % {"start": start}
    return _("from %(start)s until %(end)s") % {"start": start, "end": end_in_words(period.ends_at)}


def _context(course: Course, account: CustomerAccount | None, period: Period, language: str) -> dict[str, object]:
    with translation.override(language or settings.LANGUAGE_CODE):
        return {
            "course_name": course.name,
            "place": course.place,
            "starts_at": period.starts_at,
            "ends_at": period.ends_at,
            "account_name": account.name if account else "",
        }
