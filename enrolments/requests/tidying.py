"""Deletion of old requests for courses, with the words that were typed."""

from __future__ import annotations

from datetime import datetime

from common.tidying import delete_batch, tidies
from enrolments.requests.models import CourseRequest


@tidies("requests", "enrolments_courserequest")
def requests(before: datetime, limit: int) -> int:
    """Delete answered and withdrawn requests; seats and their history stay."""
    over = CourseRequest.objects.filter(answered_at__lt=before)
    return delete_batch(over.order_by("answered_at"), limit)
