"""Deletion of old rows of the security log: the only way that any go."""

from __future__ import annotations

from datetime import datetime

from accounts.security_log.models import SecurityEvent
from common.tidying import delete_batch, tidies


@tidies("security_log", "accounts_securityevent")
def security_log(before: datetime, limit: int) -> int:
    return delete_batch(SecurityEvent.objects.filter(at__lt=before).order_by("at"), limit)
