"""Mails lose their text first, and later their row. A mail that waits to be sent loses neither."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef

from common.tidying import delete_batch, tidies
from outbox.mails.models import Mail

# The courses and days that a mail told of stay: by them the next mail knows what is new.
FORGET_TEXTS = """
UPDATE outbox_mail SET
    context = CASE WHEN context ? 'told' THEN jsonb_build_object('told', context -> 'told') ELSE '{}' END,
    subject = '',
    forgotten_at = statement_timestamp()
WHERE id IN (
    SELECT id FROM outbox_mail
    WHERE created_at < %s AND forgotten_at IS NULL AND state <> 'queued'
    ORDER BY created_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
)
"""


@tidies("mail_texts", "outbox_mail")
def mail_texts(before: datetime, limit: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(FORGET_TEXTS, [before, limit])
        return int(cursor.rowcount)


@tidies("mails", "outbox_mail")
def mails(before: datetime, limit: int) -> int:
    """Delete mails, and the first of a mail sent again only after its copies."""
    old = Mail.objects.filter(created_at__lt=before, forgotten_at__isnull=False).exclude(state=Mail.State.QUEUED)
    copies = Mail.objects.filter(original=OuterRef("pk"))
    return delete_batch(old.exclude(Exists(copies)).order_by("created_at"), limit)
