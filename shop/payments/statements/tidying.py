"""Bank statements by age: files that nobody imported go; names and accounts are blanked once the books need them no
more, days and amounts stay."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Q

from common.moments import local_day
from common.tidying import BATCH, delete_batch, tidies
from shop.payments.statements.models import BankStatement, StatementLine

BLANK = "–"


@tidies("statement_files", "shop_bankstatement")
def statement_files(before: datetime, limit: int) -> int:
    """Delete files that nobody imported; imported statements stay."""
    waiting = BankStatement.objects.filter(imported_at__isnull=True, sent_at__lt=before)
    return delete_batch(waiting.order_by("sent_at"), limit)


@tidies("statements", "shop_statementline")
def statements(before: datetime, limit: int) -> int:
    """Blank lines booked in the years that ended before a moment."""
    filled = ~Q(secret="") | ~Q(note__in=("", BLANK))
    first_kept = date(local_day(before).year, 1, 1)
    old = StatementLine.objects.filter(filled, booked_on__lt=first_kept).order_by("booked_on", "pk")
    keys = list(old.values_list("pk", flat=True)[: min(limit, BATCH)])
    rows = StatementLine.objects.filter(pk__in=keys)
    # A reason is needed by those that were set aside.
    rows.exclude(note="").update(note=BLANK)
    rows.update(secret="")
    return len(keys)
