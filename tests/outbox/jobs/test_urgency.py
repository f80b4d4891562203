"""The most urgent job first, the others in the end: the claim, as quick among many as among few."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from outbox.jobs import claiming
from outbox.jobs.models import Job
from outbox.jobs.registry import JOB_KINDS, Urgency, temporary_job_kind
from outbox.jobs.running import run_due_jobs
from outbox.jobs.services import NewJob, enqueue, enqueue_many, retry_job
from outbox.mails.services import queue_mail
from tests.factories.outbox import JobFactory

pytestmark = pytest.mark.django_db
FEW, MANY = 5, 3_000


@pytest.fixture
def seen(monkeypatch):
    """Return the keys of jobs in the order in which they run; nobody's turn by age comes."""
    keys = []
    monkeypatch.setattr(claiming, "_choices", iter([1] * 1_000))
    with temporary_job_kind("errand", lambda job, now: keys.append(job.key)):
        yield keys


def minutes_ago(minutes):
    return timezone.now() - timedelta(minutes=minutes)


def test_the_most_urgent_runs_first_however_late_it_comes(seen):
    for key, urgency, minutes in (
        ("rest", Urgency.REST, 40),
        ("mail", Urgency.MAILS, 30),
        ("delivery", Urgency.DELIVERIES, 20),
        ("delivery before", Urgency.DELIVERIES, 25),
        ("code", Urgency.CODES, 1),
    ):
        enqueue_many([NewJob(kind="errand", key=key, urgency=urgency, due_at=minutes_ago(minutes))])
    run_due_jobs()

    assert seen == ["code", "delivery before", "delivery", "mail", "rest"]


def test_within_an_urgency_kinds_share_one_line(seen):
    with temporary_job_kind("another", lambda job, now: seen.append(job.key)):
        for key, kind, minutes in (("1", "another", 9), ("2", "errand", 8), ("3", "another", 7), ("4", "errand", 6)):
            enqueue(kind=kind, key=key, due_at=minutes_ago(minutes))
        run_due_jobs()

    assert seen == ["1", "2", "3", "4"]


def test_whoever_waits_longest_has_a_turn_though_something_more_urgent_always_waits(seen, monkeypatch):
    monkeypatch.setattr(claiming, "_choices", iter(range(1, 1_000)))
    monkeypatch.setattr(claiming, "ONE_IN", 3)
    enqueue_many([NewJob(kind="errand", key="rest", urgency=Urgency.REST, due_at=minutes_ago(60))])
    for number in range(5):
        enqueue_many([NewJob(kind="errand", key=f"code:{number}", urgency=Urgency.CODES)])
    run_due_jobs()

    assert seen.index("rest") == 2


def test_a_job_keeps_its_urgency_over_its_attempts_and_when_it_is_brought_back(make_due):
    def fail(job, now):
        raise ValueError

    with temporary_job_kind("errand", fail, max_attempts=2, urgency=Urgency.CODES):
        job = enqueue(kind="errand", key="errand:1")
        for _attempt in range(2):
            run_due_jobs()
            make_due()
        job.refresh_from_db()
        assert (job.state, job.urgency) == ("dead", Urgency.CODES)
        assert retry_job(job_id=job.pk, now=timezone.now()).urgency == Urgency.CODES


def test_a_kind_says_how_urgent_its_jobs_are_and_a_job_may_differ():
    with temporary_job_kind("errand", lambda job, now: None, urgency=Urgency.REST):
        enqueue_many([NewJob(kind="errand", key="1"), NewJob(kind="errand", key="2", urgency=Urgency.CODES)])
    assert list(Job.objects.order_by("key").values_list("urgency", flat=True)) == [Urgency.REST, Urgency.CODES]


def test_deliveries_and_codes_are_before_mails():
    assert JOB_KINDS.get("fulfil_line").urgency == Urgency.DELIVERIES
    for kind, secret in (("sign_in_code", "123456"), ("account_exists", ""), ("security_notice", "")):
        queue_mail(kind=kind, key=kind, recipient="alice@example.org", language="en", context={}, secret=secret)
    assert list(Job.objects.order_by("id").values_list("urgency", flat=True)) == [
        Urgency.CODES,
        Urgency.CODES,
        Urgency.MAILS,
    ]


def test_a_row_of_the_previous_release_counts_as_a_delivery():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO outbox_job (kind, key, max_attempts) VALUES ('errand', 'old', 8)")
    assert Job.objects.get().urgency == Urgency.DELIVERIES


def pages_read(**waiting) -> int:
    """Return the pages of tables and indexes that the claim reads."""
    plan = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + claiming.NEXT.format(order=claiming.BY_URGENCY)
    with connection.cursor() as cursor:
        cursor.execute(plan, {"passed_over": [], "kinds": ["mail"], "services": ["smtp"]} | waiting)
        answer = cursor.fetchone()[0]
    top = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    return top["Shared Hit Blocks"] + top["Shared Read Blocks"]


def wait_in_line(count):
    Job.objects.bulk_create(
        Job(kind="mail", key=f"mail:{number}", urgency=Urgency.MAILS, max_attempts=8) for number in range(count)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE outbox_job")


@pytest.mark.parametrize("passed_over", [[], ["mail"]], ids=["taken", "passed over"])
def test_among_many_the_claim_reads_as_little_as_among_few(passed_over):
    JobFactory(kind="rest", key="rest", urgency=Urgency.REST)
    wait_in_line(FEW)
    among_few = pages_read(passed_over=passed_over)
    Job.objects.filter(kind="mail").delete()
    wait_in_line(MANY)

    # An index of many rows is a level deeper, and each search in it goes down.
    assert pages_read(passed_over=passed_over) <= among_few + 20


def test_a_rush_that_the_planner_does_not_know_of_is_no_heap_to_be_sorted():
    """Where next to nothing seems to wait, another index and a sort would cost no more by the planner's count."""
    wait_in_line(MANY)
    claiming.lock_next(passed_over=[])
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_sort")
        assert cursor.fetchone() == ("off",)


def test_a_kind_that_has_to_wait_is_passed_over_at_once(seen):
    wait_in_line(FEW)
    enqueue(kind="errand", key="errand:1")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO outbox_outsideservice (name, failures, failing_since, left_alone_until)"
            " VALUES ('smtp', 3, now(), now() + interval '1 minute')"
        )
    with temporary_job_kind("mail", lambda job, now: pytest.fail("ran"), io=True, service="smtp"):
        assert run_due_jobs() == 1

    assert seen == ["errand:1"]
