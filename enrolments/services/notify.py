"""Telling people that they are in a course."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.conf import settings
from django.utils import translation

from accounts.models import CustomerAccount, User
from accounts.selectors import ids_with_proved_address
from accounts.services.people import invite_people
from enrolments.models import Course
from enrolments.values import LineRef, Period
from outbox.services.mails import NewMail, queue_mails


def tell_enrolled(
    *,
    users: Sequence[User],
    course: Course,
    account: CustomerAccount,
    line: LineRef,
    key: str,
    period: Period,
    language: str,
    now: datetime.datetime,
) -> None:
    """Mail everybody newly placed: an invitation where the address is not proved yet, else what he was placed into.

    `key` names the occasion: a second call for it mails nobody twice. Mails are in the person's language, else in
    `language`. A constant number of statements; recorded in the caller's transaction.
    """
    proved = ids_with_proved_address(users)
    waiting = [user for user in users if user.pk not in proved]
    if waiting:
        invite_people(users=waiting, account=account, reason_key=key, language=language, now=now)
    queue_mails(
        [
            NewMail(
                kind="seat_assigned",
                key=f"seat_assigned:{key}:{user.pk}",
                recipient=user.email,
                language=user.language or language,
                context=_context(course, account, period, user.language or language),
                account_id=account.pk,
                order_id=line.order_id,
                person_id=user.pk,
            )
            for user in users
            if user.pk in proved and user.is_active
        ]
    )


def _context(course: Course, account: CustomerAccount, period: Period, language: str) -> dict[str, object]:
    with translation.override(language or settings.LANGUAGE_CODE):
        return {
            "course_name": course.name,
            "place": course.place,
            "starts_at": period.starts_at,
            "ends_at": period.ends_at,
            "account_name": account.name,
        }
