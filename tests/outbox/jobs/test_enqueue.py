"""A job is recorded once, in the transaction of its cause."""

from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.test.utils import CaptureQueriesContext

from common.registry import Unregistered
from outbox.errors import JobKeyTaken
from outbox.jobs.models import Job
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.services import NewJob, enqueue, enqueue_many

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def errand():
    with temporary_job_kind("errand", lambda job, now: None, max_attempts=5):
        yield


def test_a_job_is_due_at_once_by_the_clock_of_the_database():
    job = enqueue(kind="errand", key="errand:1", payload={"order": 7}, account_id=3)

    assert (job.kind, job.key, job.payload, job.account_id) == ("errand", "errand:1", {"order": 7}, 3)
    assert (job.state, job.attempts, job.max_attempts, job.lease) == ("pending", 0, 5, None)
    assert job.due_at == job.created_at
    assert list(Job.objects.due()) == [job]


def test_a_job_may_wait_for_its_time():
    later = datetime(2999, 1, 1, tzinfo=UTC)

    job = enqueue(kind="errand", key="errand:1", due_at=later)

    assert job.due_at == later
    assert not Job.objects.due().exists()


def test_the_same_key_twice_changes_nothing():
    first = enqueue(kind="errand", key="errand:1", payload={"order": 7})

    second = enqueue(kind="errand", key="errand:1", payload={"order": 8})

    assert second.pk == first.pk
    assert Job.objects.get().payload == {"order": 7}


def test_a_key_of_another_kind_is_refused_instead_of_losing_a_job():
    enqueue(kind="errand", key="1")
    with temporary_job_kind("walk", lambda job, now: None), pytest.raises(JobKeyTaken):
        enqueue(kind="walk", key="1")


def test_a_kind_nobody_registered_is_refused():
    with pytest.raises(Unregistered):
        enqueue(kind="nonsense", key="nonsense:1")
    assert not Job.objects.exists()


def test_many_jobs_are_recorded_in_one_statement_in_the_order_of_their_keys(django_assert_num_queries):
    enqueue(kind="errand", key="errand:2", payload={"first": True})

    with django_assert_num_queries(1):
        enqueue_many(NewJob(kind="errand", key=f"errand:{n}") for n in (3, 1, 2))

    assert list(Job.objects.order_by("id").values_list("key", flat=True)) == ["errand:2", "errand:1", "errand:3"]
    assert Job.objects.get(key="errand:2").payload == {"first": True}


def test_no_jobs_are_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        enqueue_many([])


@pytest.mark.django_db(transaction=True)
def test_a_rollback_takes_the_job_with_it(rings):
    with transaction.atomic():
        enqueue(kind="errand", key="errand:1")
        transaction.set_rollback(True)

    assert not Job.objects.exists()
    assert rings == []


@pytest.mark.django_db
def test_claiming_uses_the_partial_index_of_due_jobs():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO outbox_job (kind, key, payload, state, attempts, max_attempts, last_error, finished_at)"
            " SELECT 'errand', 'old:' || n, '{}', 'done', 1, 8, '', now() FROM generate_series(1, 5000) n"
        )
        cursor.execute("ANALYZE outbox_job")
    with CaptureQueriesContext(connection) as queries:
        Job.objects.due().select_for_update(no_key=True, skip_locked=True).first()

    with connection.cursor() as cursor:
        # Other tests leave pages in the table, which may make a sort look cheaper.
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute("EXPLAIN " + queries[0]["sql"])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Scan using outbox_job_due" in plan
    assert "Sort" not in plan


def test_jobs_are_recorded_in_the_order_of_the_numbers_in_their_keys():
    enqueue_many(NewJob(kind="errand", key=f"errand:{number}") for number in (10, 9, 100, 8))

    assert list(Job.objects.order_by("pk").values_list("key", flat=True)) == [
        "errand:8", "errand:9", "errand:10", "errand:100",
    ]  # fmt: skip
