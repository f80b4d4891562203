"""However many workers there are, a job's effect happens once."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from outbox.models import Job
from outbox.models.jobs import JobQuerySet
from outbox.registry import temporary_job_kind
from outbox.services import running
from outbox.services.jobs import enqueue, run_due_jobs

pytestmark = pytest.mark.django_db(transaction=True)


def in_thread(function) -> threading.Thread:
    """Runs it over a connection of its own, as another process would."""

    def body():
        try:
            function()
        finally:
            connections.close_all()

    thread = threading.Thread(target=body)
    thread.start()
    return thread


def run_with_workers(count: int) -> None:
    for thread in [in_thread(run_due_jobs) for _ in range(count)]:
        thread.join(timeout=60)
        assert not thread.is_alive()


@pytest.fixture
def without_grace(monkeypatch):
    """As if every worker were held up between its transactions for longer than the grace."""
    monkeypatch.setattr(running, "GRACE", timedelta(0))


def ignore_leases(monkeypatch) -> None:
    """The mistake the tests must be able to notice: running a job without looking whose it is by now."""
    monkeypatch.setattr(running, "_holding_lease", lambda job: Job.objects.filter(pk=job.pk))


def test_many_workers_share_the_jobs_and_run_each_once(effects):
    with temporary_job_kind("errand", lambda job, now: effects.add(job.key)):
        for number in range(40):
            enqueue(kind="errand", key=f"errand:{number:02}")
        run_with_workers(4)

    assert effects.all() == [f"errand:{number:02}" for number in range(40)]
    assert Job.objects.filter(state="done", attempts=1).count() == 40


def test_without_a_moment_of_grace_each_job_still_runs_once(effects, without_grace):
    with temporary_job_kind("errand", lambda job, now: effects.add(job.key), max_attempts=100):
        for number in range(20):
            enqueue(kind="errand", key=f"errand:{number:02}")
        run_with_workers(4)

    assert effects.all() == [f"errand:{number:02}" for number in range(20)]


def test_a_worker_held_up_past_its_grace_leaves_the_job_to_the_other(effects, without_grace, monkeypatch):
    _rival_takes_over_between_the_transactions(monkeypatch, effects)

    assert effects.all() == ["errand:1"]
    assert Job.objects.get().state == "done"


def test_control_without_the_lease_the_held_up_worker_would_do_it_again(effects, without_grace, monkeypatch):
    ignore_leases(monkeypatch)

    _rival_takes_over_between_the_transactions(monkeypatch, effects)

    assert effects.all() == ["errand:1", "errand:1"]


def _rival_takes_over_between_the_transactions(monkeypatch, effects) -> None:
    attempt = running._attempt
    rivals = []

    def held_up(claim):
        if not rivals:
            rivals.append(in_thread(run_due_jobs))
            rivals[0].join(timeout=30)
        attempt(claim)

    monkeypatch.setattr(running, "_attempt", held_up)
    with temporary_job_kind("errand", lambda job, now: effects.add(job.key)):
        enqueue(kind="errand", key="errand:1")
        run_due_jobs()


def test_a_rival_that_locks_the_row_for_a_moment_does_not_put_the_job_off(effects, monkeypatch):
    """Looking for work, it had seen the job before the claim was committed, and locked it after."""
    attempt, lock = running._attempt, running._lock
    locked, at_the_row = threading.Event(), threading.Event()
    rivals = []

    def look_for_work():
        with transaction.atomic():
            assert Job.objects.select_for_update(no_key=True).get()
            locked.set()
            assert at_the_row.wait(30)
            wait_until_blocked(seconds=1)

    def with_a_rival(claim):
        rivals.append(in_thread(look_for_work))
        assert locked.wait(30)
        return attempt(claim)

    def come_to_the_row(job):
        at_the_row.set()
        return lock(job)

    monkeypatch.setattr(running, "_attempt", with_a_rival)
    monkeypatch.setattr(running, "_lock", come_to_the_row)
    with temporary_job_kind("errand", lambda job, now: effects.add(job.key)):
        enqueue(kind="errand", key="errand:1")
        assert run_due_jobs() == 1
    rivals[0].join(timeout=30)

    assert effects.all() == ["errand:1"]
    assert Job.objects.get().state == "done"


def wait_until_blocked(*, seconds: float) -> None:
    """Until some connection waits for a lock of this one; not longer, for one that passes it over never does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)


def test_a_job_that_is_being_run_is_passed_over_without_waiting(effects, without_grace):
    assert _look_while_a_job_runs(effects, patience=30) == [0]
    assert effects.all() == ["errand:1"]


def test_control_without_skipping_locked_rows_the_other_would_wait(effects, without_grace, monkeypatch):
    lock = JobQuerySet.select_for_update
    monkeypatch.setattr(JobQuerySet, "select_for_update", lambda self, **options: lock(self, no_key=True))

    assert _look_while_a_job_runs(effects, patience=1) == []
    assert effects.all() == ["errand:1"]


def _look_while_a_job_runs(effects, *, patience: float) -> list[int]:
    """What a second worker found within so many seconds, while the first is in the middle of the only job."""
    found: list[int] = []
    others = []

    def run(job, now):
        effects.add(job.key)
        others.append(in_thread(lambda: found.append(run_due_jobs())))
        others[0].join(timeout=patience)
        seen.extend(found)

    seen: list[int] = []
    with temporary_job_kind("errand", run):
        enqueue(kind="errand", key="errand:1")
        run_due_jobs()
        others[0].join(timeout=30)
    return seen
