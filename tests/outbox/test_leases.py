"""Work outside the database: under a lease, and marked done by the one who still holds it."""

from datetime import timedelta

import pytest
from django.db import connection

from outbox.errors import Temporary
from outbox.models import Job
from outbox.registry import temporary_job_kind
from outbox.services.jobs import enqueue, run_due_jobs


@pytest.mark.django_db(transaction=True)
def test_it_runs_outside_any_transaction_and_finishes_in_one(effects):
    seen = []

    def run(job, now):
        seen.append(connection.in_atomic_block)
        return lambda: (seen.append(connection.in_atomic_block), effects.add(job.key))

    with temporary_job_kind("call", run, io=True):
        job = enqueue(kind="call", key="call:1")
        run_due_jobs()

    job.refresh_from_db()
    assert (job.state, job.lease) == ("done", None)
    assert seen == [False, True]
    assert effects.all() == ["call:1"]


@pytest.mark.django_db
def test_it_is_nobody_elses_for_the_length_of_the_lease():
    seen = []

    def run(job, now):
        seen.append(round((Job.objects.get().due_at - now).total_seconds()))
        seen.append(run_due_jobs())

    with temporary_job_kind("call", run, io=True, lease=timedelta(minutes=7)):
        enqueue(kind="call", key="call:1")
        run_due_jobs()

    assert seen == [7 * 60, 0]


@pytest.mark.django_db
def test_whoever_lost_the_lease_writes_nothing(make_due, caplog):
    written = []

    def run(job, now):
        name = f"attempt {job.attempts}"
        if job.attempts == 1:
            # Too slow: meanwhile the lease ran out and another worker did the whole job.
            make_due()
            assert run_due_jobs() == 1
        return lambda: written.append(name)

    with temporary_job_kind("call", run, io=True):
        job = enqueue(kind="call", key="call:1")
        run_due_jobs()

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("done", 2)
    assert written == ["attempt 2"]
    assert "longer than its lease" in caplog.text


@pytest.mark.django_db
def test_a_failure_of_one_who_lost_the_lease_changes_nothing(make_due):
    def run(job, now):
        if job.attempts == 1:
            make_due()
            run_due_jobs()
            raise Temporary("Too late.")

    with temporary_job_kind("call", run, io=True):
        job = enqueue(kind="call", key="call:1")
        run_due_jobs()

    job.refresh_from_db()
    assert (job.state, job.last_error) == ("done", "")


@pytest.mark.django_db
def test_what_it_wrote_is_undone_when_finishing_fails():
    def run(job, now):
        return lambda: 1 / 0

    with temporary_job_kind("call", run, io=True):
        job = enqueue(kind="call", key="call:1")
        run_due_jobs()

    job.refresh_from_db()
    assert (job.state, job.lease, job.last_error) == ("pending", None, "ZeroDivisionError: division by zero")
