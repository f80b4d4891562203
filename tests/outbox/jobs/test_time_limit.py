"""A job that takes longer than its kind may is ended, whatever it is doing, and told so."""

import logging
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import translation

from outbox.jobs import time_limit as alarm
from outbox.jobs.registry import JOB_KINDS, temporary_job_kind
from outbox.jobs.running import run_due_jobs
from outbox.jobs.services import enqueue
from tests.outbox.jobs.threads import in_thread
from tests.patience import PATIENCE_SECONDS

LIMIT = timedelta(milliseconds=300)
TOLD = "It took longer than its 0.3 s, the time limit of its kind, and was ended. Nothing of it was kept."


def loop(job, now):
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        pass


def sleep(job, now):
    time.sleep(PATIENCE_SECONDS)


def ask_a_slow_question(job, now):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(300)")


def swallow(job, now):
    try:
        loop(job, now)
    except Exception:
        pytest.fail("swallowed")


class Swallowed:
    """Work that swallows the first alarm, whatever that is."""

    def __call__(self, job, now):
        try:
            loop(job, now)
        except BaseException:
            loop(job, now)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("work", [loop, sleep, ask_a_slow_question, swallow, Swallowed()])
def test_is_ended_told_and_undone(effects, monkeypatch, caplog, work):
    monkeypatch.setattr(alarm, "AGAIN_SECONDS", 0.3)

    def run(job, now):
        effects.add("begun")
        work(job, now)

    began = time.monotonic()
    with (
        temporary_job_kind("errand", run, time_limit=LIMIT),
        caplog.at_level(logging.INFO, logger="outbox.jobs"),
    ):
        job = enqueue(kind="errand", key="errand:1")
        run_due_jobs()
    took = time.monotonic() - began

    job.refresh_from_db()
    assert (job.state, job.attempts, job.last_error) == ("pending", 1, TOLD)
    assert effects.all() == []
    assert took < PATIENCE_SECONDS / 2
    (line,) = [record.fields for record in caplog.records if hasattr(record, "fields")]
    assert (line["outcome"], line["reason"]) == ("put off", "took longer than its 0.3 s")


@pytest.mark.django_db
def test_a_job_in_time_is_not_disturbed_afterwards():
    with temporary_job_kind("errand", lambda job, now: None, time_limit=LIMIT):
        job = enqueue(kind="errand", key="errand:1")
        run_due_jobs()
    time.sleep(2 * LIMIT.total_seconds())

    job.refresh_from_db()
    assert job.state == "done"


@pytest.mark.django_db(transaction=True)
def test_in_a_thread_postgres_ends_the_statement():
    def run_in_english():
        with translation.override("en"):
            run_due_jobs()

    with temporary_job_kind("errand", ask_a_slow_question, time_limit=LIMIT):
        job = enqueue(kind="errand", key="errand:1")
        in_thread(run_in_english).join(PATIENCE_SECONDS)

    job.refresh_from_db()
    assert (job.state, job.last_error) == ("pending", TOLD)


# A file of all entries of some years, in one transaction: half a minute for 100,000 lines.
LONG = {"make_book_export"}


@pytest.mark.django_db
def test_every_kind_has_a_limit():
    limits = {kind.name: kind.time_limit for kind in JOB_KINDS}
    assert min(limits.values()) > timedelta(0)
    assert {name for name, limit in limits.items() if limit > timedelta(minutes=2)} == LONG
