"""A worker that was held up after it claimed a job leaves the job to whoever has claimed it since."""

import logging
import uuid

import pytest

from outbox.errors import Final, Temporary
from outbox.jobs import running
from outbox.jobs.models import Job
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.services import enqueue

pytestmark = pytest.mark.django_db
ANOTHER = uuid.UUID(int=7)


@pytest.fixture
def taken_over(monkeypatch):
    """Another worker claims each job as soon as this one has."""
    claim = running._claim

    def claim_and_lose():
        claimed = claim()
        if claimed is not None:
            Job.objects.update(lease=ANOTHER)
        return claimed

    monkeypatch.setattr(running, "_claim", claim_and_lose)


def outcomes(caplog) -> list[str]:
    return [record.fields["outcome"] for record in caplog.records if record.name == "outbox.jobs"]


def test_the_job_is_neither_run_nor_marked(taken_over, caplog):
    seen = []
    with temporary_job_kind("errand", lambda job, now: seen.append(job.key)):
        enqueue(kind="errand", key="errand:1")
        with caplog.at_level(logging.INFO, logger="outbox.jobs"):
            assert running.run_due_jobs() == 1

    job = Job.objects.get()
    assert seen == []
    assert (job.state, job.attempts, job.lease) == ("pending", 1, ANOTHER)
    assert outcomes(caplog) == ["left to another worker"]


def test_a_job_that_is_still_the_workers_own_is_told_as_done(caplog):
    with temporary_job_kind("errand", lambda job, now: None):
        enqueue(kind="errand", key="errand:1")
        with caplog.at_level(logging.INFO, logger="outbox.jobs"):
            running.run_due_jobs()

    assert outcomes(caplog) == ["done"]


@pytest.mark.parametrize("error", [Temporary("Not now."), Final("Never.")], ids=["put off", "dead"])
def test_a_failure_is_not_recorded_over_the_others_claim(monkeypatch, error):
    buried = []
    attempt = running._attempt

    def fail_and_lose(claim):
        try:
            return attempt(claim)
        finally:
            Job.objects.update(lease=ANOTHER)

    def fail(job, now):
        raise error

    monkeypatch.setattr(running, "_attempt", fail_and_lose)
    with temporary_job_kind("errand", fail, on_dead=lambda job, now: buried.append(job.key)):
        enqueue(kind="errand", key="errand:1")
        running.run_due_jobs()

    job = Job.objects.get()
    assert (job.state, job.lease, job.last_error) == ("pending", ANOTHER, "")
    assert buried == []
