"""Deletion of old entries of the administration's history, which name people."""

from __future__ import annotations

from datetime import datetime

from django.contrib.admin.models import LogEntry

from common.tidying import delete_batch, tidies


@tidies("admin_log", "django_admin_log")
def admin_log(before: datetime, limit: int) -> int:
    """Delete entries. Only the first ones by key are looked at: keys grow with time, and the time has no index."""
    first = LogEntry.objects.order_by("pk").values("pk")[:limit]
    return delete_batch(LogEntry.objects.filter(pk__in=first, action_time__lt=before).order_by("pk"), limit)
