"""Work outside the database: at least once, by a worker left in peace while its process lives."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from outbox.errors import Temporary
from outbox.jobs import running
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.running import run_due_jobs
from outbox.jobs.services import enqueue
from outbox.transfer import lock_jobs_of_account
from tests.outbox.jobs.threads import in_thread
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
def _grace_is_over(monkeypatch):
    """Let a claimed job be due again at once, as if every call outlasted the grace."""
    monkeypatch.setattr(running, "GRACE", timedelta(0))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_grace_is_over")
def test_however_long_it_takes_nobody_else_begins_it():
    found, ran = [], []

    def run(job, now):
        ran.append(job.attempts)
        other = in_thread(lambda: found.append(run_due_jobs()))
        other.join(PATIENCE_SECONDS)

    with temporary_job_kind("call", run, io=True):
        job = enqueue(kind="call", key="call:1")
        run_due_jobs()

    job.refresh_from_db()
    assert (job.state, job.attempts, job.lease) == ("done", 1, None)
    assert (found, ran) == ([0], [1])


@pytest.mark.django_db(transaction=True)
def test_a_page_that_locks_an_accounts_jobs_does_not_wait_for_it():
    waited = []

    def lock():
        with transaction.atomic():
            lock_jobs_of_account(account_id=3)

    def run(job, now):
        page = in_thread(lock)
        page.join(PATIENCE_SECONDS)
        waited.append(page.is_alive())

    with temporary_job_kind("call", run, io=True):
        enqueue(kind="call", key="call:1", account_id=3)
        run_due_jobs()

    assert waited == [False]


@pytest.mark.django_db
def test_postgres_hears_nothing_of_it_for_as_long_as_its_kind_says():
    seen = []

    def run(job, now):
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            seen.append(cursor.fetchone()[0])

    with temporary_job_kind("call", run, io=True, longest_silence=timedelta(minutes=7)):
        enqueue(kind="call", key="call:1")
        run_due_jobs()

    assert seen == ["7min"]


@pytest.mark.django_db(transaction=True)
def test_the_limits_of_one_job_end_with_it():
    def limits():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')"
            )
            return cursor.fetchone()

    before, seen = limits(), []
    with temporary_job_kind(
        "call",
        lambda job, now: seen.append(limits()),
        io=True,
        time_limit=timedelta(minutes=6),
        longest_silence=timedelta(minutes=7),
    ):
        enqueue(kind="call", key="call:1")
        run_due_jobs()

    assert (seen, limits()) == ([("6min", "7min")], before)


@pytest.mark.django_db
def test_what_it_wrote_is_undone_when_the_call_fails(effects):
    def run(job, now):
        effects.add("written before the call")
        raise Temporary("The platform does not answer.")

    with temporary_job_kind("call", run, io=True):
        job = enqueue(kind="call", key="call:1")
        run_due_jobs()

    job.refresh_from_db()
    assert (job.state, job.lease, job.last_error) == ("pending", None, "The platform does not answer.")
    assert effects.all() == []
