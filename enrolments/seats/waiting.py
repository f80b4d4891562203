"""Seats of an account that wait to be filled, for its overview."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, TypedDict

from django.db.models import Count, F, Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.members.models import Membership
from accounts.members.parts import Part
from accounts.members.waiting import AT_MOST, Waits
from common.languages import in_reader_language
from common.moments import days_later, local_day
from common.words import end_in_words
from enrolments.courses.models import Course
from enrolments.scope import seats_within, sessions_within
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import ASSIGNABLE_UNTIL, Seat, SeatState
from enrolments.sessions.selectors import sessions_of

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

SOON = 30  # days
# Choice beside the states in the list of seats: the free ones that end soon.
ENDING = "ending"


class Ending(TypedDict):
    """Column that is read with each seat: its end."""

    until: datetime.datetime


def blanks_of_sessions(membership: Membership, now: datetime.datetime) -> list[Waits]:
    """Tell how many seats each session has to fill, the first to begin first; sessions that are over are left out. Two
    queries."""
    sessions = SeatBatch.objects.filter(
        Q(course__last_day__isnull=True) | Q(course__last_day__gte=local_day(now)),
        account_id=membership.account_id,
        source=SeatBatch.Source.SESSION,
    )
    part = Part.of(membership)
    if part is not None:
        sessions = sessions.filter(group__in=sessions_within(sessions_of(membership.account), part))
    counted = (
        Seat.objects.assignable_at(now)
        .filter(batch__in=sessions)
        .values("batch__group_id", "batch__group__name", "batch__course_id")
        .annotate(seats=Count("pk"))
        .order_by(F("batch__course__first_day").asc(nulls_last=True), "batch__group_id")
    )
    rows = list(counted[: AT_MOST + 1])
    courses = Course.objects.in_bulk({row["batch__course_id"] for row in rows})
    found = []
    for row in rows[:AT_MOST]:
        sentence = ngettext(
            "“%(course)s”, order %(order)s: %(number)d seat to fill.",
            "“%(course)s”, order %(order)s: %(number)d seats to fill.",
            row["seats"],
        )
        course, order = courses[row["batch__course_id"]].name, row["batch__group__name"]
        url = reverse("account-session", args=[membership.account_id, row["batch__group_id"]])
        found.append(
            Waits(sentence % {"course": course, "order": order, "number": row["seats"]}, url, _("Fill the seats"))
        )
    if len(rows) > AT_MOST:
        url = reverse("account-sessions", args=[membership.account_id])
        found.append(Waits(_("Further sessions have seats to fill."), url, _("See all sessions")))
    return found


def seats_ending_soon(
    account_id: int, now: datetime.datetime, *, part: Part | None = None
) -> QuerySet[WithAnnotations[Seat, Ending]]:
    """Return the free seats that can be assigned for 30 days at most, each with its end as `until`."""
    soon = Q(valid_until__gt=now, valid_until__lte=days_later(now, SOON))
    extended = Seat.objects.filter(soon, account_id=account_id)
    ending = SeatBatch.objects.filter(soon | Q(pk__in=extended.values("batch")), account_id=account_id)
    free = Seat.objects.annotate(until=ASSIGNABLE_UNTIL).being(SeatState.AVAILABLE, now)
    free = free.filter(batch__in=ending, until__gt=now, until__lte=days_later(now, SOON))
    return seats_within(free, account_id, part)


def seats_about_to_end(membership: Membership, now: datetime.datetime) -> list[Waits]:
    """Tell which free seats can be assigned for 30 days at most, by entry, the first to end first. One query."""
    counted = (
        seats_ending_soon(membership.account_id, now, part=Part.of(membership))
        .values("batch__entry_code", "batch__entry_name", "until")
        .annotate(seats=Count("pk"))
        .order_by("until", "batch__entry_code")
    )
    rows = list(counted[: AT_MOST + 1])
    seats = reverse("account-seats", args=[membership.account_id])
    found = []
    for row in rows[:AT_MOST]:
        sentence = ngettext(
            "%(number)d free seat of “%(entry)s” can be assigned until %(end)s only.",
            "%(number)d free seats of “%(entry)s” can be assigned until %(end)s only.",
            row["seats"],
        )
        values = {
            "number": row["seats"],
            "entry": in_reader_language(row["batch__entry_name"]),
            "end": end_in_words(row["until"]),
        }
        query = urlencode({"entry": row["batch__entry_code"], "state": ENDING})
        found.append(Waits(sentence % values, f"{seats}?{query}", _("Assign the seats"), is_wrong=True))
    if len(rows) > AT_MOST:
        url = f"{seats}?{urlencode({'state': ENDING})}"
        found.append(Waits(_("Further seats will end soon."), url, _("See all free seats"), is_wrong=True))
    return found
