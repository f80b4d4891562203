"""Sessions of an account that run now or begin soon."""

from __future__ import annotations

import datetime

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.members.models import Membership
from accounts.members.parts import Part
from accounts.members.waiting import AT_MOST, Waits
from common.moments import local_day
from enrolments.courses.groups.models import CourseGroup
from enrolments.scope import sessions_within
from enrolments.seats.batches.models import SeatBatch
from enrolments.sessions.selectors import SessionRow, session_rows

WEEKS = 6


def coming_sessions(
    account_id: int, *, part: Part | None = None, now: datetime.datetime, at_most: int
) -> list[SessionRow]:
    """Return the sessions, of those within a part, that run today or begin within six weeks, the first to begin
    first. Two statements."""
    today = local_day(now)
    batches = SeatBatch.objects.filter(group=OuterRef("pk"), source=SeatBatch.Source.SESSION)
    groups = CourseGroup.objects.filter(
        Exists(batches),
        Q(course__first_day__gte=today) | Q(course__last_day__gte=today),
        account_id=account_id,
        course__first_day__lte=today + datetime.timedelta(weeks=WEEKS),
    )
    found = sessions_within(groups, part).select_related("course").order_by("course__first_day", "pk")[:at_most]
    rows = {row.group.pk: row for row in session_rows(found)}
    return [rows[group.pk] for group in found]


def sessions_to_come(membership: Membership, now: datetime.datetime) -> list[Waits]:
    """Tell the sessions of the next weeks in words, for the weekly summary. Two statements."""
    rows = coming_sessions(membership.account_id, part=Part.of(membership), now=now, at_most=AT_MOST)
    return [
        Waits(
            _in_words(row), reverse("account-session", args=[membership.account_id, row.group.pk]), _("See who comes")
        )
        for row in rows
    ]


def _in_words(row: SessionRow) -> str:
    course = row.group.course
    values = {
        "course": course.name,
        "day": date_format(course.first_day, "DATE_FORMAT") if course.first_day else "",
        "people": ngettext("%(number)d person", "%(number)d people", row.people) % {"number": row.people},
        "blanks": ngettext("%(number)d seat to fill", "%(number)d seats to fill", row.blanks) % {"number": row.blanks},
    }
    if row.blanks:
        return _("“%(course)s”, from %(day)s: %(people)s, %(blanks)s.") % values
    return _("“%(course)s”, from %(day)s: %(people)s.") % values
