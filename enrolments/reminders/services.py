"""Reminders to operators and learners: each once, bundled by reader, account and day."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction

from accounts.members.models import CustomerAccount
from accounts.members.rights import RIGHTS_BY_ROLE, Right
from accounts.people.models import User
from common.again import again_after_deadlock
from common.moments import day_starts, days_later, local_day
from enrolments.reminders.due import MOST_DAYS, STEPS, TO_LEARNERS, TO_OPERATORS
from enrolments.reminders.models import Reminder
from outbox.mails.services import NewMail, queue_mails

TO_OPERATOR, TO_LEARNER = "seats_reminder", "entry_reminder"
# Nobody is woken by a reminder; one that is no longer so by then does not leave.
LEAVES_AT = timedelta(hours=8)


@again_after_deadlock
def remind_operators(*, now: datetime.datetime, limit: int = 200) -> int:
    """Remind at most `limit` readers of free seats about to end, and of seats of sessions to fill; return the number
    of reminders.

    Rows and mails are written in one transaction, so that a second run, also after a kill or at the same moment, tells
    nothing twice. Five statements.
    """
    roles = " OR ".join(f"member.{role}" for role, rights in RIGHTS_BY_ROLE.items() if Right.MANAGE_SEATS in rights)
    with transaction.atomic():
        reminders = _write(TO_OPERATORS.format(steps=STEPS, roles=roles), now=now, limit=limit)
        _queue(TO_OPERATOR, [(each, each.batch.account_id) for each in reminders if each.batch is not None], now=now)
    return len(reminders)


@again_after_deadlock
def remind_learners(*, now: datetime.datetime, limit: int = 200) -> int:
    """Like `remind_operators`, for people who have not entered a course that they have to enter, or that will end."""
    with transaction.atomic():
        reminders = _write(TO_LEARNERS.format(steps=STEPS), now=now, limit=limit)
        _queue(TO_LEARNER, [(each, each.seat.account_id) for each in reminders if each.seat is not None], now=now)
    return len(reminders)


def _write(statement: str, *, now: datetime.datetime, limit: int) -> list[Reminder]:
    today = local_day(now)
    values = {
        "now": now,
        "today": today,
        "horizon": days_later(now, MOST_DAYS + 1),
        "most": MOST_DAYS,
        "zone": settings.TIME_ZONE,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        ids = [pk for (pk,) in cursor.fetchall()]
    return list(Reminder.objects.filter(pk__in=ids).select_related("user", "batch", "seat").order_by("pk"))


def _queue(kind: str, reminders: Iterable[tuple[Reminder, int]], *, now: datetime.datetime) -> None:
    bundles: dict[tuple[User, int], list[int]] = {}
    for reminder, account_id in reminders:
        bundles.setdefault((reminder.user, account_id), []).append(reminder.pk)
    if not bundles:
        return
    names = dict(CustomerAccount.objects.filter(pk__in={pk for _user, pk in bundles}).values_list("pk", "name"))
    today = local_day(now)
    queue_mails(
        [
            NewMail(
                kind=kind,
                key=f"{kind}:{account_id}:{user.pk}:{today.isoformat()}",
                recipient=user.email,
                language=user.language or settings.LANGUAGE_CODE,
                context={"reminders": ids, "account_name": names[account_id]},
                account_id=account_id,
                person_id=user.pk,
                due_at=max(now, day_starts(today) + LEAVES_AT),
            )
            for (user, account_id), ids in bundles.items()
        ]
    )
