"""Recalling mails that wait to be sent."""

from __future__ import annotations

from outbox.mails.models import Mail
from outbox.mails.sending import mark_recalled
from outbox.mails.services import lock_queued


def recall_mails(*, recipient: str) -> int:
    """Recall the waiting mails to an address; return their number.

    Locks their jobs and waits for none: a mail that a worker holds leaves, or is recalled the next time.
    """
    held = lock_queued(Mail.objects.queued().filter(recipient=recipient).order_by("pk"))
    mark_recalled([mail.pk for mail in held])
    return len(held)
