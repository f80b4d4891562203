"""Deletion of sessions that have ended; readable ones of the release before are moved."""

from __future__ import annotations

from datetime import datetime

from accounts.browser_sessions.models import BrowserSession
from accounts.browser_sessions.plain import move_plain_sessions
from common.tidying import delete_batch, tidies


@tidies("sessions", "accounts_browsersession", "django_session")
def sessions(before: datetime, limit: int) -> int:
    ended = delete_batch(BrowserSession.objects.filter(expires_at__lt=before).order_by("expires_at"), limit)
    return ended + move_plain_sessions(now=before, limit=limit - ended)
