"""Deletion of old lists of people, which copy names and addresses as typed."""

from __future__ import annotations

from datetime import datetime

from common.tidying import delete_batch, tidies
from enrolments.lists.models import PeopleList


# A list has up to 5,000 rows.
@tidies("lists", "enrolments_peoplelist", "enrolments_listrow", batch=10)
def lists(before: datetime, limit: int) -> int:
    """Delete lists that are over and drafts, with their rows; the seats and their history stay."""
    idle = PeopleList.objects.filter(state__in=(PeopleList.State.DRAFT, *PeopleList.OVER), made_at__lt=before)
    return delete_batch(idle.order_by("made_at"), limit)
