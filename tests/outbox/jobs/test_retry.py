"""A person retries a dead or waiting job."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from outbox.errors import Final, RetryRefused, Temporary
from outbox.jobs.models import Job
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.running import run_due_jobs
from outbox.jobs.services import enqueue, retry_job
from tests.factories.outbox import JobFactory
from tests.outbox.jobs.threads import in_thread
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


def dead_job(**attributes) -> Job:
    return JobFactory(
        state="dead", attempts=8, finished_at=timezone.now(), last_error="No.", **attributes
    )  # fmt: skip


def test_a_dead_job_is_due_again_with_all_its_attempts():
    job = dead_job()
    with temporary_job_kind("errand", lambda job, now: None, max_attempts=5):
        # A wrong clock of the caller's changes nothing.
        again = retry_job(job_id=job.pk, now=LONG_AGO)

        assert (again.state, again.attempts, again.max_attempts, again.last_error) == ("pending", 0, 5, "")
        assert again.finished_at is None
        assert abs(again.due_at - timezone.now()) < timedelta(minutes=1)
        assert run_due_jobs() == 1


def test_a_waiting_job_need_not_wait_any_longer():
    answers = [Temporary("No."), None]

    def run(job, now):
        if error := answers.pop(0):
            raise error

    with temporary_job_kind("errand", run):
        job = enqueue(kind="errand", key="errand:1")
        run_due_jobs()
        assert run_due_jobs() == 0

        retry_job(job_id=job.pk, now=timezone.now())
        assert run_due_jobs() == 1


def test_a_done_job_is_not_run_again():
    job = JobFactory(state="done", attempts=1, finished_at=timezone.now())
    with temporary_job_kind("errand", lambda job, now: None), pytest.raises(RetryRefused):
        retry_job(job_id=job.pk, now=timezone.now())
    job.refresh_from_db()
    assert job.state == "done"


def test_a_job_that_is_gone_says_so():
    with pytest.raises(Job.DoesNotExist):
        retry_job(job_id=0, now=timezone.now())


def test_the_kind_may_refuse_and_then_nothing_changes():
    job = dead_job()

    def refuse(job, actor_id, now):
        JobFactory(key="left behind")
        raise RetryRefused("The line was given back.")

    with (
        temporary_job_kind("errand", lambda job, now: None, on_retry=refuse),
        pytest.raises(RetryRefused, match="given back"),
    ):
        retry_job(job_id=job.pk, now=timezone.now())

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("dead", 8)
    assert not Job.objects.filter(key="left behind").exists()


def test_what_the_kind_does_at_a_retry_happens_with_it():
    job = dead_job()
    asked_by = []

    def bring_back(job, actor_id, now):
        JobFactory(key="line pending")
        asked_by.append(actor_id)

    with temporary_job_kind("errand", lambda job, now: None, on_retry=bring_back):
        retry_job(job_id=job.pk, actor_id=17, now=timezone.now())

    assert Job.objects.filter(key="line pending").exists()
    assert asked_by == [17]


def test_a_call_under_way_is_not_made_a_second_time():
    refusals = []

    def run(job, now):
        try:
            retry_job(job_id=job.pk, now=now)
        except RetryRefused as refusal:
            refusals.append(str(refusal))

    with temporary_job_kind("call", run, io=True):
        job = enqueue(kind="call", key="call:1")
        run_due_jobs()

    job.refresh_from_db()
    assert refusals == ["This job is running right now. Look again in a moment."]
    assert (job.state, job.attempts) == ("done", 1)


@pytest.mark.django_db(transaction=True)
def test_a_job_another_worker_is_at_is_refused_without_waiting():
    refusals = []

    def attempt():
        try:
            retry_job(job_id=job.pk, now=timezone.now())
        except RetryRefused as refusal:
            refusals.append(refusal)

    def run(job, now):
        thread = in_thread(attempt)
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()

    with temporary_job_kind("errand", run):
        job = enqueue(kind="errand", key="errand:1")
        run_due_jobs()

    assert [str(refusal) for refusal in refusals] == ["This job is running right now. Look again in a moment."]


@pytest.mark.django_db(transaction=True)
def test_a_caller_who_already_holds_the_row_goes_on():
    with temporary_job_kind("errand", lambda job, now: None):
        job = dead_job()
        with transaction.atomic():
            Job.objects.select_for_update(no_key=True).get(pk=job.pk)
            assert retry_job(job_id=job.pk, now=timezone.now()).state == "pending"


@pytest.mark.django_db(transaction=True)
def test_a_retry_rings(rings):
    with temporary_job_kind("errand", lambda job, now: None):
        job = dead_job()
        retry_job(job_id=job.pk, now=timezone.now())
    assert rings == [1]


def test_a_job_may_die_again():
    def run(job, now):
        raise Final("Still no.")

    with temporary_job_kind("errand", run):
        job = dead_job()
        retry_job(job_id=job.pk, now=timezone.now())
        run_due_jobs()

    job.refresh_from_db()
    assert (job.state, job.attempts, job.last_error) == ("dead", 1, "Still no.")


def test_a_job_whose_worker_is_gone_may_be_tried_again():
    claimed = timezone.now() - timedelta(minutes=1)
    job = JobFactory(attempts=3, lease=uuid.uuid4(), due_at=claimed)

    with temporary_job_kind("errand", lambda job, now: None):
        again = retry_job(job_id=job.pk, now=timezone.now())

    assert (again.state, again.attempts, again.lease) == ("pending", 0, None)


def test_a_job_that_was_just_claimed_may_not():
    job = JobFactory(attempts=3, lease=uuid.uuid4(), due_at=timezone.now() + timedelta(minutes=1))

    with temporary_job_kind("errand", lambda job, now: None), pytest.raises(RetryRefused, match="running right now"):
        retry_job(job_id=job.pk, now=timezone.now())

    job.refresh_from_db()
    assert job.attempts == 3
