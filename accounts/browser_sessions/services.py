"""Where a person is signed in, and the end of it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.browser_sessions.models import BrowserSession
from accounts.browser_sessions.plain import delete_plain, plain_keys_of
from accounts.people.models import User
from common.secrets import keyed_hashes


def sessions_of(*, user_id: int, now: datetime) -> QuerySet[BrowserSession]:
    """Return a person's sessions that last, the one seen last first."""
    return BrowserSession.objects.filter(user_id=user_id, expires_at__gt=now).order_by("-last_seen_at", "-pk")


def end_session(*, user_id: int, session_id: int) -> bool:
    """End one session of a person; False where it is over already or another's. One statement, locks nothing else."""
    return bool(BrowserSession.objects.filter(pk=session_id, user_id=user_id).delete()[0])


def end_sessions(*, user_id: int, but: str | None = None) -> int:
    """End every session of a person, those of the release before included, and return their number.

    `but` is the key (in the cookie) of a session that lasts. A request that is under way in an ended session brings
    nothing of it back.
    """
    kept = keyed_hashes("session key", but) if but else []
    ended = BrowserSession.objects.filter(user_id=user_id).exclude(key__in=kept).delete()[0]
    return ended + delete_plain(key for key in plain_keys_of(user_id) if key != but)


def end_other_sessions(*, user: User, request: HttpRequest | None = None) -> None:
    """End every session of a person but that of the request, if the request is the person's own: that gets a new
    key."""
    kept = None
    if request is not None and request.user.is_authenticated and request.user.pk == user.pk:
        request.session.cycle_key()
        kept = request.session.session_key
    end_sessions(user_id=user.pk, but=kept)
