"""Tasks of sessions for beat."""

from __future__ import annotations

from celery import shared_task

from accounts.browser_sessions.plain import move_plain_sessions
from accounts.browser_sessions.store import SessionStore
from common.clock import database_now


@shared_task(ignore_result=True)
def tidy_sessions() -> int:
    """Move what the release before has left readable into our table, and delete what has expired. For beat, once a
    night."""
    SessionStore.clear_expired()
    return move_plain_sessions(now=database_now())
