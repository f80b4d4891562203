"""However many workers there are, a job's effect happens once."""

import os
from datetime import timedelta

import pytest
from django.db import transaction

from outbox.errors import Final, Temporary
from outbox.jobs import claiming, running
from outbox.jobs.models import Job
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.running import run_due_jobs
from outbox.jobs.services import enqueue
from tests.factories.outbox import JobFactory
from tests.rivals.processes import Rival, errors_among, race, values_among

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def errands(effects):
    """Register a kind of job whose work is to write a row."""
    with temporary_job_kind("errand", lambda job, now: effects.add(job.key), max_attempts=100):
        yield effects


def given_errands(count):
    for number in range(count):
        enqueue(kind="errand", key=f"errand:{number:02}")
    return [f"errand:{number:02}" for number in range(count)]


@pytest.fixture
def without_grace(monkeypatch):
    """Let a claimed job be due again at once, as if every worker were held up for longer than the grace."""
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
    """Take the guard away: a job runs without a check whether this worker still holds the lease."""
    running._holding_lease = lambda job: Job.objects.filter(pk=job.pk)


def test_control_without_the_lease_the_held_up_worker_would_do_it_again(errands, without_grace):
    rival_takes_over(without=ignoring_leases)

    assert errands.all() == ["errand:00", "errand:00"]


# A variant: the other worker has only claimed the job when the late one goes on.


def test_a_worker_held_up_does_not_finish_what_another_one_has_claimed(effects, without_grace):
    def work():
        run_due_jobs(limit=1)  # limited, since without a grace the late one would find the job due again
        return os.getpid()

    with temporary_job_kind("errand", lambda job, now: effects.add(str(os.getpid())), max_attempts=100):
        given_errands(1)
        late, other = race(
            Rival(work, before=[(running, "_attempt")]),
            Rival(work, before=[(running, "_attempt"), (running, "_lock")]),
            in_turn=True,
        )

    assert errors_among([late, other]) == []
    assert effects.all() == [str(other.value)]
    assert Job.objects.get().state == "done"


# A worker's attempt fails, and before that is recorded another worker takes the job over and does it.


class TroubleOnce:
    """Work that fails in the job's first attempt and succeeds in the next one."""

    def __init__(self, effects, error):
        self.effects, self.error = effects, error

    def __call__(self, job, now):
        if job.attempts == 1:
            raise self.error
        self.effects.add(job.key)


@pytest.mark.parametrize(
    ("error", "about_to_say_so"),
    [(Temporary("Not now."), "_put_off"), (Final("Never."), "_bury")],
    ids=["late", "dead"],
)
def test_a_worker_that_failed_leaves_alone_what_another_one_has_finished(
    effects, without_grace, error, about_to_say_so
):
    buried = Job.objects.filter(key="buried")
    with temporary_job_kind(
        "errand",
        TroubleOnce(effects, error),
        max_attempts=100,
        on_dead=lambda job, now: JobFactory(key="buried", state="done", finished_at=now),
    ):
        given_errands(1)
        answers = race(Rival(run_due_jobs, before=[(running, about_to_say_so)]), run_due_jobs, in_turn=True)

    assert errors_among(answers) == []
    job = Job.objects.get(key="errand:00")
    assert (job.state, job.attempts, job.last_error) == ("done", 2, "")
    assert effects.all() == ["errand:00"]
    assert not buried.exists()


# A worker comes back to the job it claimed, and a rival that was looking for work has locked the row for a moment.


class Steps:
    """Two pauses of a rival that looks for work."""

    @staticmethod
    def lock_it():
        """Do nothing: the rival has locked the row."""

    @staticmethod
    def let_it_go():
        """Do nothing: the rival's transaction is about to end."""


def looking_at_the_row():
    with transaction.atomic():
        list(Job.objects.select_for_update(no_key=True))
        Steps.lock_it()
        Steps.let_it_go()


def test_a_worker_waits_for_whoever_looks_at_the_row_of_its_job(errands):
    given_errands(1)

    worker, other = race(
        Rival(run_due_jobs, before=[(running, "_attempt")]),
        Rival(looking_at_the_row, after=[(Steps, "lock_it")], before=[(Steps, "let_it_go")]),
        in_turn=True,
    )

    assert errors_among([worker, other]) == []
    assert worker.kept_away
    assert errands.all() == ["errand:00"]
    assert Job.objects.get().state == "done"


# A worker is in the middle of a job, and another one looks for work.


def look_while_a_job_runs(**how):
    """Return the answer of the second worker."""
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
    claiming.NEXT = claiming.NEXT.replace("SKIP LOCKED", "")


def test_control_without_skipping_locked_rows_the_other_would_wait(errands, without_grace):
    assert look_while_a_job_runs(without=waiting_for_locked_rows).kept_away
    assert errands.all() == ["errand:00"]
