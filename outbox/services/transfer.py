"""Jobs and mails follow when what they are about moves into another customer account."""

from __future__ import annotations

from outbox.models import Job, Mail


def move_account(*, from_account_id: int, to_account_id: int) -> None:
    """Gives every job and mail of one account to another, in the caller's transaction."""
    Job.objects.filter(account_id=from_account_id).update(account_id=to_account_id)
    Mail.objects.filter(account_id=from_account_id).update(account_id=to_account_id)
