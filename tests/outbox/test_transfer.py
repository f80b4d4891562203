"""Jobs and mails change accounts, in an order of locks that makes no later lock wait for a job."""

from datetime import timedelta

import pytest
from django.db import transaction

from outbox.jobs import running
from outbox.jobs.models import Job
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.running import run_due_jobs
from outbox.jobs.services import enqueue
from outbox.mails.models import Mail
from outbox.transfer import lock_jobs_of_account, move_account
from tests.factories.outbox import JobFactory, MailFactory
from tests.outbox.jobs.threads import in_thread
from tests.patience import PATIENCE_SECONDS
from tests.rivals.processes import Rival, errors_among, race


@pytest.mark.django_db
def test_an_accounts_jobs_and_mails_move_and_no_others():
    for account in (3, 4):
        JobFactory(account_id=account)
        MailFactory(account_id=account)

    move_account(from_account_id=3, to_account_id=5)

    assert sorted(Job.objects.values_list("account_id", flat=True)) == [4, 5]
    assert sorted(Mail.objects.values_list("account_id", flat=True)) == [4, 5]


@pytest.mark.django_db(transaction=True)
def test_moving_does_not_wait_for_a_job_that_runs():
    def move():
        with transaction.atomic():
            move_account(from_account_id=3, to_account_id=5)

    def run(job, now):
        thread = in_thread(move)
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()

    JobFactory(account_id=3, state="dead", finished_at="2026-01-01T00:00Z")
    with temporary_job_kind("errand", run):
        running = enqueue(kind="errand", key="running", account_id=3)
        run_due_jobs()

    running.refresh_from_db()
    assert (running.state, running.account_id) == ("done", 3)
    assert Job.objects.get(state="dead").account_id == 5


@pytest.mark.django_db(transaction=True)
def test_a_locked_job_is_not_begun():
    with temporary_job_kind("errand", lambda job, now: None):
        job = enqueue(kind="errand", key="errand:1", account_id=3)
        with transaction.atomic():
            lock_jobs_of_account(account_id=3)
            worker = in_thread(run_due_jobs)
            worker.join(PATIENCE_SECONDS)
            assert not worker.is_alive()
            move_account(from_account_id=3, to_account_id=5)

    job.refresh_from_db()
    assert (job.state, job.attempts, job.account_id) == ("pending", 0, 5)


# A job of the account is running when all jobs of the account are locked.


def locking_the_account():
    with transaction.atomic():
        lock_jobs_of_account(account_id=3)


def lock_while_a_job_runs(*, io):
    """Lock the account's jobs while one of them runs; return the answer of the rival that locks."""
    with temporary_job_kind(
        "errand", lambda job, now: None, io=io, longest_silence=timedelta(minutes=3) if io else None
    ):
        enqueue(kind="errand", key="errand:1", account_id=3)
        worker, mover = race(Rival(run_due_jobs, before=[(running, "_mark_done")]), locking_the_account, in_turn=True)
    assert errors_among([worker, mover]) == []
    return mover


@pytest.mark.django_db(transaction=True)
def test_locking_an_account_waits_for_its_job_that_runs():
    assert lock_while_a_job_runs(io=False).kept_away


@pytest.mark.django_db(transaction=True)
def test_locking_an_account_does_not_wait_for_a_mail_server():
    assert not lock_while_a_job_runs(io=True).kept_away
