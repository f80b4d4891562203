"""A worker may be killed at any moment: no job is lost and none is done twice.

Here the worker dies at chosen steps; real processes are killed at random ones in `tests/trials/killed/`.
"""

import time
from datetime import timedelta

import pytest
from django.db import connection

from outbox.jobs import running
from outbox.jobs.models import Job
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.running import GRACE, run_due_jobs
from outbox.jobs.services import enqueue

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """Death of the process: passes through everything that catches exceptions."""


def run_until_killed_in(step: str, monkeypatch) -> None:
    def killed(*arguments):
        raise Killed

    with monkeypatch.context() as killing:
        killing.setattr(running, step, killed)
        with pytest.raises(Killed):
            run_due_jobs()


def wait_for(job: Job) -> timedelta:
    with connection.cursor() as cursor:
        cursor.execute("SELECT due_at - statement_timestamp() FROM outbox_job WHERE id = %s", [job.pk])
        return cursor.fetchone()[0]


def test_killed_between_claiming_and_working(effects, make_due, monkeypatch):
    with temporary_job_kind("errand", lambda job, now: effects.add(job.key)):
        job = enqueue(kind="errand", key="errand:1")
        run_until_killed_in("_attempt", monkeypatch)

        # The attempt counts, and the job is left alone for a moment: the worker may only be slow.
        job.refresh_from_db()
        assert (job.state, job.attempts) == ("pending", 1)
        assert timedelta(0) < wait_for(job) <= GRACE
        assert run_due_jobs() == 0
        assert effects.all() == []

        make_due()
        assert run_due_jobs() == 1

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("done", 2)
    assert effects.all() == ["errand:1"]


def test_killed_with_the_work_done_but_not_committed(effects, make_due, monkeypatch):
    with temporary_job_kind("errand", lambda job, now: effects.add(job.key)):
        enqueue(kind="errand", key="errand:1")
        run_until_killed_in("_mark_done", monkeypatch)
        assert effects.all() == []

        make_due()
        run_due_jobs()

    assert effects.all() == ["errand:1"]


def test_a_worker_that_stands_still_does_not_hold_its_locks_for_ever(effects):
    silence = timedelta(milliseconds=200)
    with temporary_job_kind(
        "errand", lambda job, now: (effects.add(job.key), time.sleep(0.6)), longest_silence=silence
    ):
        job = enqueue(kind="errand", key="errand:1")
        run_due_jobs()

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("pending", 1)
    assert effects.all() == []


def test_a_job_that_kills_its_process_every_time_ends_dead(make_due, monkeypatch):
    buried = []
    with temporary_job_kind(
        "errand", lambda job, now: pytest.fail("ran"), max_attempts=2, on_dead=lambda job, now: buried.append(job.key)
    ):
        job = enqueue(kind="errand", key="errand:1")
        for attempt in (1, 2):
            run_until_killed_in("_attempt", monkeypatch)
            job.refresh_from_db()
            assert (job.state, job.attempts) == ("pending", attempt)
            make_due()

        # The job does not run a third time: the next worker only records its end.
        assert run_due_jobs() == 1
        assert run_due_jobs() == 0

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("dead", 2)
    assert "ended without an error of its own" in job.last_error
    assert buried == ["errand:1"]
