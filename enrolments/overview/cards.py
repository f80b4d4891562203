"""Cards of an account's overview: its seats, and its sessions of the next weeks."""

from __future__ import annotations

import datetime

from django.template.loader import render_to_string

from accounts.members.models import Membership
from accounts.members.parts import Part
from common.moments import local_day
from enrolments.overview.coming import WEEKS, coming_sessions
from enrolments.overview.numbers import seat_numbers

ENTRIES_AT_MOST = 6
COURSES_AT_MOST = 4
SESSIONS_AT_MOST = 6


def seats_card(membership: Membership, now: datetime.datetime) -> str:
    """Draw the numbers of seats by entry and course. Three statements."""
    seats = seat_numbers(membership.account_id, part=Part.of(membership), now=now)
    entries = [
        {
            "entry": entry,
            "numbers": entry.numbers,
            "courses": entry.courses[:COURSES_AT_MOST],
            "has_more": len(entry.courses) > COURSES_AT_MOST,
        }
        for entry in seats.entries[:ENTRIES_AT_MOST]
    ]
    context = {
        "account_id": membership.account_id,
        "numbers": seats.numbers,
        "entries": entries,
        "has_more": len(seats.entries) > ENTRIES_AT_MOST,
    }
    return render_to_string("overview/seats.html", context)


def sessions_card(membership: Membership, now: datetime.datetime) -> str:
    """Draw the sessions that run or begin soon. Two statements."""
    part = Part.of(membership)
    rows = coming_sessions(membership.account_id, part=part, now=now, at_most=SESSIONS_AT_MOST)
    context = {"account_id": membership.account_id, "rows": rows, "weeks": WEEKS, "today": local_day(now)}
    return render_to_string("overview/sessions.html", context)
