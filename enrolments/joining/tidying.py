"""Deletion of old join links, which say who took a seat by which."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from common.tidying import delete_batch, tidies
from enrolments.joining.models import JoinLink


# A link has up to 500 codes, and uses without a bound.
@tidies("join_links", "enrolments_joinlink", "enrolments_joincode", "enrolments_joinuse", batch=10)
def join_links(before: datetime, limit: int) -> int:
    """Delete links that ended or were withdrawn, with their codes and uses; the seats and their history stay."""
    over = JoinLink.objects.filter(Q(ends_at__lt=before) | Q(revoked_at__lt=before))
    return delete_batch(over.order_by("ends_at"), limit)
