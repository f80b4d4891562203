"""Deletion of sessions that have ended."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.models import Session

from common.tidying import delete_batch, tidies


@tidies("sessions", "django_session")
def sessions(before: datetime, limit: int) -> int:
    return delete_batch(Session.objects.filter(expire_date__lt=before).order_by("expire_date"), limit)
