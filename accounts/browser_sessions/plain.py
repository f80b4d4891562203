"""Sessions of the release before, which stored the cookie itself and readable data in `django_session`.

They are read for one release, so that no cart and no sign-in is lost at the update. A visitor's stays where both
releases find it until something is written to it; one of a person who is signed in moves at its first request, the rest
by `move_plain_sessions`, a day after it was written.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as PlainStore
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.browser_sessions.models import BrowserSession
from accounts.people.models import User
from common.secrets import Purpose, encrypt, keyed_hash

KEY = "session key"
BATCH = 500
A_DAY = timedelta(days=1)


def read_plain(key: str, now: datetime) -> dict[str, Any] | None:
    """Return the data of a session of the release before; None where there is none."""
    row = Session.objects.filter(pk=key, expire_date__gt=now).only("session_data").first()
    return None if row is None else PlainStore().decode(row.session_data)


def delete_plain(keys: Iterable[str]) -> int:
    return Session.objects.filter(pk__in=list(keys)).delete()[0]


def plain_keys_of(user_id: int) -> list[str]:
    """Return the keys of the sessions of the release before in which a person is signed in. Reads all of them."""
    rows = Session.objects.values_list("session_key", "session_data").iterator(BATCH)
    return [key for key, data in rows if PlainStore().decode(data).get(SESSION_KEY) == str(user_id)]


def move_plain_sessions(*, now: datetime, limit: int = BATCH, at_rest_for: timedelta = A_DAY) -> int:
    """Move sessions of the release before into our table, encrypted; delete expired ones. Returns the number of rows.

    At most `limit`, in one transaction whose rows are locked; those that a request is moving are left to it, and so is
    what was written less than `at_rest_for` ago: while an update rolls, the release before must find it. The cookies of
    browsers go on opening what has moved.
    """
    # Data are written whenever they change, and end so long after.
    written_until = now + timedelta(seconds=settings.SESSION_COOKIE_AGE) - at_rest_for
    at_rest = Session.objects.filter(expire_date__lte=written_until)
    with transaction.atomic():
        rows = list(at_rest.select_for_update(skip_locked=True).order_by("pk")[:limit])
        anew = [_moved(row, now) for row in rows if row.expire_date > now]
        known = set(User.objects.filter(pk__in={each.user_id for each in anew}).values_list("pk", flat=True))
        anew = [each for each in anew if each.user_id is None or each.user_id in known]
        BrowserSession.objects.bulk_create(anew, ignore_conflicts=True)
        delete_plain(row.pk for row in rows)
    return len(rows)


def _moved(row: Session, now: datetime) -> BrowserSession:
    data = PlainStore().decode(row.session_data)
    user_id = data.get(SESSION_KEY)
    # Data are written whenever they change, which is the last sign of life that the release before has kept.
    written_at = min(row.expire_date - timedelta(seconds=settings.SESSION_COOKIE_AGE), now)
    return BrowserSession(
        key=keyed_hash(KEY, row.pk),
        data=encrypt(PlainStore().serializer().dumps(data).decode("latin-1"), Purpose.SESSION),
        expires_at=row.expire_date,
        user_id=int(user_id) if user_id else None,
        created_at=written_at,
        last_seen_at=written_at,
    )
