"""Jobs and mails follow when what they are about moves into another customer account."""

from __future__ import annotations

from outbox.jobs.models import Job
from outbox.jobs.registry import kinds_with_io
from outbox.mails.models import Mail


def lock_jobs_of_account(*, account_id: int) -> None:
    """Locks the account's pending jobs, by key. To be called before the order's lock is taken, never after.

    Waits for jobs that are running: afterwards none of them runs until the caller's transaction ends. Those that
    work outside the database are left alone: they hold no later lock, and a page must not wait for a mail server.
    """
    jobs = Job.objects.pending().filter(account_id=account_id).exclude(kind__in=kinds_with_io())
    list(jobs.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def move_account(*, from_account_id: int, to_account_id: int) -> None:
    """Gives every job and mail of one account to another, in the caller's transaction.

    Whoever calls this has later locks already, so it waits for no job: one that is being run keeps
    its account. With `lock_jobs_of_account` called first that is only one that works outside the database.
    """
    free = Job.objects.filter(account_id=from_account_id).select_for_update(no_key=True, skip_locked=True)
    Job.objects.filter(pk__in=free.values("pk")).update(account_id=to_account_id)
    Mail.objects.filter(account_id=from_account_id).update(account_id=to_account_id)
