"""Where a person is signed in. Ends with the beginning of an erasure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.browser_sessions.models import BrowserSession
from accounts.browser_sessions.services import end_sessions
from common.personal_data import Person, Record, hold, records


def sessions(person: Person) -> Iterator[Record]:
    rows = BrowserSession.objects.filter(user_id=person.key).order_by("pk")
    yield from records(rows, "browser", "system", "created_at", "last_seen_at", "expires_at")


def end_all(person: Person, now: datetime, limit: int) -> int:
    return end_sessions(user_id=person.key)


hold(
    "browsers",
    _("Where you are signed in"),
    columns={"accounts.browsersession": ("browser", "system", "data"), "sessions.session": ("session_data",)},
    describe=sessions,
    blank=end_all,
)
