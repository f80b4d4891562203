"""Blanking of names and accounts on bank statements, once the books need them no more. Days and amounts stay."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from common.tidying import BATCH, tidies
from shop.payments.statements.models import StatementLine

BLANK = "–"


@tidies("statements", "shop_statementline")
def statements(before: datetime, limit: int) -> int:
    """Blank lines booked before a moment."""
    filled = ~Q(secret="") | ~Q(note__in=("", BLANK))
    old = StatementLine.objects.filter(filled, booked_on__lt=before.date()).order_by("booked_on", "pk")
    keys = list(old.values_list("pk", flat=True)[: min(limit, BATCH)])
    rows = StatementLine.objects.filter(pk__in=keys)
    # A reason is needed by those that were set aside.
    rows.exclude(note="").update(note=BLANK)
    rows.update(secret="")
    return len(keys)
