"""However many workers there are, a job's effect happens once."""

from datetime import timedelta

import pytest

from outbox.jobs import running
from outbox.jobs.models import Job, JobQuerySet
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.running import run_due_jobs
from outbox.jobs.services import enqueue
from tests.rivals.processes import Rival, errors_among, race, values_among

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def errands(effects):
    """A kind of job whose work is a row."""
    with temporary_job_kind("errand", lambda job, now: effects.add(job.key), max_attempts=100):
        yield effects


def given_errands(count):
    for number in range(count):
        enqueue(kind="errand", key=f"errand:{number:02}")
    return [f"errand:{number:02}" for number in range(count)]


@pytest.fixture
def without_grace(monkeypatch):
    """As if every worker were held up between its transactions for longer than the grace."""
    monkeypatch.setattr(running, "GRACE", timedelta(0))


def test_many_workers_share_the_jobs_and_run_each_once(errands):
    keys = given_errands(40)

    answers = race(*[run_due_jobs] * 4)

    assert errors_among(answers) == []
    assert sum(values_among(answers)) >= 40
    assert errands.all() == keys
    assert Job.objects.filter(state="done").count() == 40


def test_without_a_moment_of_grace_each_job_still_runs_once(errands, without_grace):
    keys = given_errands(4)

    # In step: all have claimed, one after the other, before any of them works.
    answers = race(*[run_due_jobs] * 3, before=[(running, "_attempt")])

    assert errors_among(answers) == []
    assert errands.all() == keys
    assert Job.objects.filter(state="done").count() == 4


# A worker is held up between its two transactions, and another one takes the job over.


def rival_takes_over(**how):
    given_errands(1)
    answers = race(Rival(run_due_jobs, before=[(running, "_attempt")]), run_due_jobs, in_turn=True, **how)
    assert errors_among(answers) == []


def test_a_worker_held_up_past_its_grace_leaves_the_job_to_the_other(errands, without_grace):
    rival_takes_over()

    assert errands.all() == ["errand:00"]
    assert Job.objects.get().state == "done"


def ignoring_leases():
    """The mistake the tests must be able to notice: running a job without looking whose it is by now."""
    running._holding_lease = lambda job: Job.objects.filter(pk=job.pk)


def test_control_without_the_lease_the_held_up_worker_would_do_it_again(errands, without_grace):
    rival_takes_over(without=ignoring_leases)

    assert errands.all() == ["errand:00", "errand:00"]


# A worker is in the middle of a job, and another one looks for work.


def look_while_a_job_runs(**how):
    """What came of the second worker's look."""
    given_errands(1)
    first, second = race(
        Rival(run_due_jobs, before=[(running, "_mark_done")]),
        run_due_jobs,
        in_turn=True,
        **how,
    )
    assert errors_among([first, second]) == []
    return second


def test_a_job_that_is_being_run_is_passed_over_without_waiting(errands, without_grace):
    second = look_while_a_job_runs()

    assert (second.value, second.kept_away) == (0, False)
    assert errands.all() == ["errand:00"]


def waiting_for_locked_rows():
    lock = JobQuerySet.select_for_update
    JobQuerySet.select_for_update = lambda self, **_options: lock(self, no_key=True)


def test_control_without_skipping_locked_rows_the_other_would_wait(errands, without_grace):
    assert look_while_a_job_runs(without=waiting_for_locked_rows).kept_away
    assert errands.all() == ["errand:00"]
