"""Outcomes of a job: done, put off, or dead; by the database's clock."""

import logging
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg2.errors import DeadlockDetected

from outbox.errors import Final, Temporary
from outbox.jobs.models import Job
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.running import GRACE, LEFT_TO_NEWER_RELEASES, LONGEST_BACKOFF, backoff, run_due_jobs
from outbox.jobs.services import enqueue
from tests.factories.outbox import JobFactory

pytestmark = pytest.mark.django_db


def database_now():
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        return cursor.fetchone()[0]


def fail_with(error: Exception):
    def run(job, now):
        raise error

    return run


def waits(job: Job) -> timedelta:
    """Return the time until the job is due, to the second."""
    return timedelta(seconds=round((job.due_at - database_now()).total_seconds()))


def test_a_due_job_runs_once_and_is_done():
    seen = []
    with temporary_job_kind("errand", lambda job, now: seen.append((job.payload, now))):
        job = enqueue(kind="errand", key="errand:1", payload={"order": 7})
        assert run_due_jobs() == 1
        assert run_due_jobs() == 0

    job.refresh_from_db()
    assert (job.state, job.attempts, job.lease, job.last_error) == ("done", 1, None, "")
    assert job.finished_at is not None
    ((payload, now),) = seen
    assert payload == {"order": 7}
    assert job.created_at <= now <= job.finished_at


def test_jobs_run_in_the_order_in_which_they_became_due():
    seen = []
    with temporary_job_kind("errand", lambda job, now: seen.append(job.key)):
        now = database_now()
        for key, minutes in (("b", 2), ("a", 1), ("c", 3)):
            enqueue(kind="errand", key=key, due_at=now - timedelta(minutes=minutes))
        enqueue(kind="errand", key="later", due_at=now + timedelta(minutes=1))
        run_due_jobs()

    assert seen == ["c", "b", "a"]


def test_a_limit_is_kept():
    with temporary_job_kind("errand", lambda job, now: None):
        for number in range(5):
            enqueue(kind="errand", key=f"errand:{number}")
        assert run_due_jobs(limit=3) == 3
        assert Job.objects.pending().count() == 2


@pytest.mark.parametrize("days", [-400, 400])
def test_a_worker_whose_clock_is_wrong_runs_what_is_due_and_nothing_else(monkeypatch, days):
    wrong = timezone.now() + timedelta(days=days)
    seen = []
    with temporary_job_kind("errand", lambda job, now: seen.append((job.key, now))):
        now = database_now()
        enqueue(kind="errand", key="due")
        enqueue(kind="errand", key="later", due_at=now + timedelta(hours=1))
        monkeypatch.setattr("django.utils.timezone.now", lambda: wrong)
        monkeypatch.setattr("time.time", wrong.timestamp)
        run_due_jobs()

    ((key, given),) = seen
    assert key == "due"
    assert abs(given - now) < timedelta(minutes=1)


def test_the_attempt_is_counted_and_the_job_set_aside_while_it_runs():
    seen = []

    def run(job, now):
        row = Job.objects.get()
        seen.append((row.attempts, row.state, row.lease == job.lease, waits(row)))

    with temporary_job_kind("errand", run):
        enqueue(kind="errand", key="errand:1")
        run_due_jobs()

    assert seen == [(1, "pending", True, GRACE)]


def test_a_temporary_failure_is_undone_put_off_and_logged_in_a_line(caplog):
    def run(job, now):
        JobFactory(key="left behind")
        raise Temporary("The platform does not answer.")

    with temporary_job_kind("errand", run):
        job = enqueue(kind="errand", key="errand:1")
        assert run_due_jobs() == 1

    job.refresh_from_db()
    assert (job.state, job.attempts, job.lease) == ("pending", 1, None)
    assert job.last_error == "The platform does not answer."
    assert waits(job) == timedelta(seconds=10)
    assert not Job.objects.filter(key="left behind").exists()
    (record,) = caplog.records
    assert (record.levelno, record.exc_info) == (logging.WARNING, None)


def test_any_other_error_counts_as_temporary_and_is_logged_with_its_trace(caplog):
    with temporary_job_kind("errand", fail_with(ZeroDivisionError("zero\0day"))):
        job = enqueue(kind="errand", key="errand:1")
        run_due_jobs()

    job.refresh_from_db()
    assert job.state == "pending"
    assert job.last_error == "ZeroDivisionError: zeroday"
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info[0] is ZeroDivisionError


def test_a_job_that_swallows_a_database_error_is_not_done():
    def run(job, now):
        try:
            Job.objects.create(kind="x", key=job.key, max_attempts=1)
        except Exception:
            return

    with temporary_job_kind("errand", run):
        job = enqueue(kind="errand", key="errand:1")
        run_due_jobs()

    job.refresh_from_db()
    assert job.state == "pending"
    assert job.last_error.startswith("TransactionManagementError")


def test_a_final_failure_is_dead_at_once():
    buried = []
    with temporary_job_kind(
        "errand", fail_with(Final("No such course.")), on_dead=lambda job, now: buried.append((job.key, job.last_error))
    ):
        job = enqueue(kind="errand", key="errand:1")
        run_due_jobs()

    job.refresh_from_db()
    assert (job.state, job.attempts, job.last_error) == ("dead", 1, "No such course.")
    assert job.finished_at is not None
    assert buried == [("errand:1", "No such course.")]


def test_attempts_are_used_up_one_by_one_and_then_the_job_is_dead(make_due):
    buried, tried = [], []

    def run(job, now):
        tried.append(job.attempts)
        raise Temporary("Not yet.")

    with temporary_job_kind("errand", run, max_attempts=3, on_dead=lambda job, now: buried.append(job.key)):
        job = enqueue(kind="errand", key="errand:1")
        for _round in range(5):
            run_due_jobs()
            make_due()

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("dead", 3)
    assert tried == [1, 2, 3]
    assert buried == ["errand:1"]


def test_dying_is_one_transaction_with_what_follows_from_it(make_due):
    def on_dead(job, now):
        JobFactory(key="line marked failed")
        raise ZeroDivisionError

    with temporary_job_kind("errand", fail_with(Final("No.")), max_attempts=1, on_dead=on_dead):
        job = enqueue(kind="errand", key="errand:1")
        run_due_jobs()

    job.refresh_from_db()
    assert (job.state, job.last_error) == ("pending", "ZeroDivisionError: ")
    assert waits(job) == LONGEST_BACKOFF
    assert not Job.objects.filter(key="line marked failed").exists()

    # Once the mistake is mended the job is buried without running again.
    with temporary_job_kind(
        "errand", fail_with(AssertionError("ran")), max_attempts=1, on_dead=lambda job, now: JobFactory(key="marked")
    ):
        make_due()
        run_due_jobs()

    job.refresh_from_db()
    assert job.state == "dead"
    assert Job.objects.filter(key="marked").exists()


def test_a_kind_that_this_worker_does_not_know_yet_is_left_to_newer_workers_whole(make_due):
    job = JobFactory(kind="from the next release", max_attempts=2)
    for _attempt in range(4):
        run_due_jobs()
        make_due()

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("pending", 0)
    assert "from the next release" in job.last_error


def test_a_kind_that_nobody_has_known_for_a_day_is_dead_in_the_end(make_due):
    yesterday = database_now() - LEFT_TO_NEWER_RELEASES
    job = JobFactory(kind="of an extension that is gone", max_attempts=2, created_at=yesterday)
    for _attempt in range(2):
        run_due_jobs()
        make_due()

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("dead", 2)


def test_a_failure_holds_up_no_other_job():
    seen = []

    def run(job, now):
        if job.payload["fails"]:
            raise Temporary("No.")
        seen.append(job.key)

    with temporary_job_kind("errand", run):
        for number in range(6):
            enqueue(kind="errand", key=f"errand:{number}", payload={"fails": number % 2 == 0})
        assert run_due_jobs() == 6

    assert seen == ["errand:1", "errand:3", "errand:5"]


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 10), (2, 20), (3, 40), (9, 2560), (10, 3600), (32000, 3600)])
def test_the_wait_doubles_up_to_an_hour(attempts, seconds):
    assert backoff(attempts) == timedelta(seconds=seconds)


class Deadlock(DeadlockDetected):
    pgcode = "40P01"


@pytest.mark.parametrize("cause", [None, Deadlock()], ids=["connection lost", "deadlock"])
def test_the_wait_for_trouble_of_the_databases_own_does_not_grow(make_due, cause):
    error = OperationalError("server closed the connection unexpectedly")
    error.__cause__ = cause

    with temporary_job_kind("errand", fail_with(error)):
        job = enqueue(kind="errand", key="errand:1")
        for _attempt in range(3):
            make_due()
            run_due_jobs()

    job.refresh_from_db()
    assert (job.attempts, waits(job)) == (3, timedelta(seconds=10))
    # The reason is told as what happened, not in the words of the driver.
    assert ("stood still for longer" in job.last_error) == (cause is None)


@pytest.mark.django_db(transaction=True)
def test_running_inside_a_transaction_is_refused():
    JobFactory()
    with pytest.raises(RuntimeError), transaction.atomic():
        run_due_jobs()


@pytest.mark.django_db(transaction=True)
def test_a_connection_lost_in_a_job_is_replaced_and_the_failure_recorded():
    def run(job, now):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with temporary_job_kind("errand", run):
        job = enqueue(kind="errand", key="errand:1")
        assert run_due_jobs() == 1

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("pending", 1)
    assert job.last_error.startswith("OperationalError")


def test_each_job_costs_the_same_number_of_statements(django_assert_num_queries):
    with temporary_job_kind("errand", lambda job, now: None):
        for number in range(3):
            enqueue(kind="errand", key=f"errand:{number}")
        # Per job: a transaction (here: savepoint) that claims, and one that locks, works and marks
        # done; at last one look in vain.
        with django_assert_num_queries(3 * (5 + 4) + 4):
            assert run_due_jobs() == 3


def test_a_job_that_succeeds_in_the_end_keeps_no_error(make_due):
    answers = [Temporary("Not yet."), None]

    def run(job, now):
        if error := answers.pop(0):
            raise error

    with temporary_job_kind("errand", run):
        job = enqueue(kind="errand", key="errand:1")
        run_due_jobs()
        make_due()
        run_due_jobs()

    job.refresh_from_db()
    assert (job.state, job.attempts, job.last_error) == ("done", 2, "")


def test_of_a_long_error_the_beginning_is_kept():
    with temporary_job_kind("errand", fail_with(Temporary("No. " * 1_000))):
        job = enqueue(kind="errand", key="errand:1")
        run_due_jobs()

    job.refresh_from_db()
    assert job.last_error == "No. " * 500
