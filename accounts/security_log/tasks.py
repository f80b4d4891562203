"""Tasks of the security log for beat."""

from __future__ import annotations

from celery import shared_task

from accounts.security_log.alarms import raise_alarms
from common.clock import database_now


@shared_task(ignore_result=True)
def watch() -> int:
    """Mail the alarms that are due. For beat, every minute."""
    return raise_alarms(now=database_now())
