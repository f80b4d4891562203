"""Content of reminders, read when they leave: what was dealt with since is not told."""

from __future__ import annotations

import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.members.notices.kinds import REMINDERS, stop_url
from accounts.members.notices.mail_kinds import member_of
from accounts.members.parts import Part
from common.defused import defused
from common.languages import in_reader_language
from common.words import end_in_words
from enrolments.mail_kinds import with_sign_in_page
from enrolments.reminders.models import Reminder
from enrolments.scope import seats_within
from enrolments.seats.models import ASSIGNABLE_UNTIL, Seat, SeatState
from outbox.errors import ResendRefused
from outbox.mails.kinds import BLANK, Renewed
from outbox.mails.models import Mail


def seats_reminder(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the free seats by what was sold and by their end, and the sessions with seats to fill."""
    path = reverse("account-seats", args=[mail.account_id])
    membership = member_of(mail)
    return {
        "unsubscribe_url": BLANK if blank or membership is None else stop_url(membership, REMINDERS),
        "rows": _free_seats(mail),
        "account_name": defused(mail.context["account_name"]),
        "seats_url": f"{settings.SITE_URL}{path}",
    }


def entry_reminder(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the courses that the person has not entered yet, with the last day on which they may."""
    return with_sign_in_page(mail, blank=blank) | {"rows": _courses(mail)}


def seats_are_due(mail: Mail, now: datetime.datetime) -> bool:
    """Tell whether the reader still looks after the account's seats, wants to be reminded, and some are still free."""
    membership = member_of(mail)
    if membership is None or not REMINDERS.is_for(membership) or not REMINDERS.is_wanted(membership):
        return False
    return bool(_free_seats(mail, now))


def entries_are_due(mail: Mail, now: datetime.datetime) -> bool:
    return bool(_courses(mail, now))


def renew_seats(mail: Mail, now: datetime.datetime) -> Renewed:
    """Return the mail's context. Raises ResendRefused when the seats have been assigned, or have ended."""
    if not _free_seats(mail, now):
        raise ResendRefused(_("The seats that this mail tells of have been assigned or have ended."))
    return Renewed(mail.context)


def renew_entries(mail: Mail, now: datetime.datetime) -> Renewed:
    """Return the mail's context. Raises ResendRefused when there is nothing more to enter."""
    if not _courses(mail, now):
        raise ResendRefused(_("The courses that this mail tells of have been entered or have ended."))
    return Renewed(mail.context)


def _reminders(mail: Mail, now: datetime.datetime) -> list[Reminder]:
    rows = Reminder.objects.filter(pk__in=mail.context["reminders"], user=mail.person_id or 0, ends_at__gt=now)
    return list(
        rows.select_related("batch__course", "batch__group", "seat__course", "seat__enrolment").order_by(
            "ends_at", "pk"
        )
    )


def _free_seats(mail: Mail, now: datetime.datetime | None = None) -> list[dict[str, Any]]:
    """Return a row for each course or entry, order and end, with the number of its free seats that the reader sees."""
    now = now or timezone.now()
    reminders = _reminders(mail, now)
    member = member_of(mail)
    part = Part.of(member) if member is not None else None
    batch_ids = {each.batch_id for each in reminders if each.batch_id is not None}
    free = Seat.objects.assignable_at(now).filter(batch__in=batch_ids)
    by_end, by_batch = _counts(seats_within(free, mail.account_id or 0, part))
    rows: dict[tuple[str, str, str, datetime.datetime], int] = {}
    for each in reminders:
        batch = each.batch
        if batch is None or batch.account_id != mail.account_id:
            continue
        is_session = each.kind == Reminder.Kind.BLANKS
        seats = by_batch.get(batch.pk, 0) if is_session else by_end.get((batch.pk, each.ends_at), 0)
        name = batch.course.name if batch.course is not None else in_reader_language(batch.entry_name)
        if seats:
            key = (each.kind, name, batch.order_number, each.ends_at)
            rows[key] = rows.get(key, 0) + seats
    return [
        {"kind": kind, "name": name, "order": order, "end": end_in_words(ends_at), "seats": seats}
        for (kind, name, order, ends_at), seats in rows.items()
    ]


def _counts(
    free: QuerySet[Seat],
) -> tuple[dict[tuple[int, datetime.datetime | None], int], dict[int, int]]:
    """Return the number of free seats by batch and end, and by batch."""
    counted = free.annotate(until=ASSIGNABLE_UNTIL).order_by().values_list("batch", "until").annotate(Count("pk"))
    by_end = {(batch_id, until): seats for batch_id, until, seats in counted}
    by_batch: dict[int, int] = {}
    for (batch_id, _until), seats in by_end.items():
        by_batch[batch_id] = by_batch.get(batch_id, 0) + seats
    return by_end, by_batch


def _courses(mail: Mail, now: datetime.datetime | None = None) -> list[dict[str, Any]]:
    now = now or timezone.now()
    rows = []
    for each in _reminders(mail, now):
        seat = each.seat
        if seat is None or seat.course is None or seat.account_id != mail.account_id:
            continue
        if seat.state != SeatState.ASSIGNED or seat.person_id != each.user_id:
            continue
        ends_at = seat.enrolment.ends_at if seat.enrolment is not None else None
        ends = [end for end in (seat.enter_before, ends_at) if end is not None]
        if min(ends, default=None) != each.ends_at:
            continue
        is_lost = seat.enter_before is not None and seat.enter_before <= each.ends_at
        rows.append({"name": seat.course.name, "end": end_in_words(each.ends_at), "is_lost": is_lost})
    return rows
