"""The tasks run by the bell and by beat, and the command that needs neither."""

import time
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from common.tidying import tidy
from outbox import tasks
from outbox.jobs.models import Job, OutsideService
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.services import enqueue
from outbox.selectors import jobs_by_key, jobs_of_order, mails_of_order, oldest_waiting_seconds
from project.celery import app
from tests.factories.outbox import JobFactory, MailFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("task", [tasks.run_jobs, tasks.ring_overdue])
def test_a_task_runs_what_is_due(task):
    with temporary_job_kind("errand", lambda job, now: None):
        enqueue(kind="errand", key="errand:1")
        assert task() == 1
    assert Job.objects.get().state == "done"


def test_a_task_ends_after_its_share_and_rings_for_the_rest(monkeypatch):
    rung = []
    monkeypatch.setattr(tasks, "ring", lambda: rung.append(1))
    monkeypatch.setattr(tasks, "JOBS_PER_TASK", 2)
    with temporary_job_kind("errand", lambda job, now: None):
        for number in range(3):
            enqueue(kind="errand", key=f"errand:{number}")
        assert (tasks.run_jobs(), rung) == (2, [1])
        assert (tasks.run_jobs(), rung) == (1, [1])


def test_a_task_ends_after_its_time_and_rings_for_the_rest(monkeypatch):
    rung = []
    monkeypatch.setattr(tasks, "ring", lambda: rung.append(1))
    monkeypatch.setattr(tasks, "SECONDS_PER_TASK", 0.01)
    with temporary_job_kind("errand", lambda job, now: time.sleep(0.02)):
        for number in range(3):
            enqueue(kind="errand", key=f"errand:{number}")
        assert (tasks.run_jobs(), rung) == (1, [1])


def test_beat_makes_its_round_and_every_task_it_names_exists():
    app.loader.import_default_modules()

    round_ = app.conf.beat_schedule["run overdue jobs"]
    assert (round_["task"], round_["schedule"]) == ("outbox.tasks.ring_overdue", 1)
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} - set(app.tasks) == set()


def test_the_command_runs_what_is_due_and_says_how_many():
    said = StringIO()
    with temporary_job_kind("errand", lambda job, now: None):
        for number in range(3):
            enqueue(kind="errand", key=f"errand:{number}")
        call_command("run_jobs", limit=2, stdout=said)
        call_command("run_jobs", stdout=said)
    assert said.getvalue() == "2 job(s) run.\n1 job(s) run.\n"


def test_jobs_done_long_ago_are_forgotten_and_no_others(settings):
    def finished(days, **attributes):
        return JobFactory(attempts=1, finished_at=timezone.now() - timedelta(days=days), **attributes)

    finished(91, state="done")
    kept = [finished(89, state="done"), finished(400, state="dead"), JobFactory()]

    assert tidy("jobs", now=timezone.now()) == 1
    assert set(Job.objects.all()) == set(kept)

    settings.RETENTION = {"jobs": 7}
    assert tidy("jobs", now=timezone.now()) == 1


def test_the_mails_of_an_order_come_newest_first():
    first, second = MailFactory(order_id=7), MailFactory(order_id=7)
    MailFactory(order_id=8)
    MailFactory()

    assert list(mails_of_order(7)) == [second, first]


def test_jobs_are_found_by_their_keys():
    first, second, _third = JobFactory(key="a"), JobFactory(key="b"), JobFactory(key="c")

    assert list(jobs_by_key(["b", "a", "z"])) == [first, second]


def test_jobs_of_an_order_are_listed_without_those_of_its_mails():
    job = JobFactory(order_id=7)
    JobFactory(order_id=8)
    JobFactory(order_id=7, kind="send_mail")

    assert list(jobs_of_order(7, [])) == [job]


def test_what_waits_for_a_service_that_is_away_does_not_count_as_waiting_for_a_worker():
    JobFactory(kind="send_mail", due_at=timezone.now() - timedelta(hours=1))
    assert oldest_waiting_seconds() > 3_000
    OutsideService.objects.create(
        name="smtp", failures=3, failing_since=timezone.now(), left_alone_until=timezone.now()
    )

    assert oldest_waiting_seconds() is None
