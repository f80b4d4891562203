"""Transfer of jobs and mails to another customer account."""

from __future__ import annotations

from outbox.jobs.models import Job
from outbox.jobs.registry import kinds_with_io
from outbox.mails.models import Mail


def lock_jobs_of_account(*, account_id: int) -> None:
    """Lock the account's pending jobs, by key. Call before the order's lock is taken, never after.

    Waits for running jobs: afterwards none of the account's jobs runs until the caller's transaction ends. Jobs of
    kinds with `io` are left unlocked: these jobs hold no later lock, and a page must not wait for a mail server.
    """
    jobs = Job.objects.pending().filter(account_id=account_id).exclude(kind__in=kinds_with_io())
    list(jobs.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def move_account(*, from_account_id: int, to_account_id: int) -> None:
    """Give every job and mail of one account to another, in the caller's transaction.

    Waits for no job, since the caller holds later locks already: a running job keeps its account. After
    `lock_jobs_of_account` only a job of a kind with `io` can be running.
    """
    free = Job.objects.filter(account_id=from_account_id).select_for_update(no_key=True, skip_locked=True)
    Job.objects.filter(pk__in=free.values("pk")).update(account_id=to_account_id)
    Mail.objects.filter(account_id=from_account_id).update(account_id=to_account_id)
