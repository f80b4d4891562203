"""Deletion of acts of one person that the sum of a day no longer counts."""

from __future__ import annotations

from datetime import datetime

from accounts.second_person.models import ActAlone
from common.tidying import delete_batch, tidies


@tidies("acts_alone", "accounts_actalone")
def acts_alone(before: datetime, limit: int) -> int:
    return delete_batch(ActAlone.objects.filter(at__lt=before).order_by("at"), limit)
