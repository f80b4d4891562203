"""Mails that lose their text, and an address."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

# The courses and days that a mail told of stay: by them the next mail knows what is new.
FORGET = """
UPDATE outbox_mail SET
    recipient = %s,
    context = CASE WHEN context ? 'told' THEN jsonb_build_object('told', context -> 'told') ELSE '{}' END,
    subject = '',
    failed_reason = '',
    forgotten_at = coalesce(forgotten_at, statement_timestamp())
WHERE id = ANY(%s) AND state <> 'queued'
"""


def forget_texts(mail_ids: Sequence[int], *, recipient: str) -> int:
    """Blank the texts of mails, and put `recipient` in the place of the address; return the number of mails.

    A mail that waits to be sent loses neither. One statement, or none.
    """
    if not mail_ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [recipient, list(mail_ids)])
        return int(cursor.rowcount)
