"""Answers for load balancers."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings
from django.utils import timezone

from outbox.jobs.models import Job
from project import health
from tests.patience import HELD_UP_SECONDS


class AtOnce:
    """An executor of the caller's own thread, which sees what the test has not committed."""

    def submit(self, ask) -> Future:
        done = Future()
        done.set_result(ask())
        return done


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch):
    monkeypatch.setattr(health._database_asker, "executor", AtOnce())
    health._database_asker.forget()
    health._redis_asker.forget()


def test_healthz_answers_without_asking_the_database(client):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz_is_content_when_every_migration_is_applied(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": "ok",
        "migrations": "ok",
        "cache": "ok",
        "writes": "ok",
        "redis": "ok",
        "oldest_job_seconds": None,
    }


@pytest.mark.django_db
def test_readyz_tells_how_long_the_oldest_due_job_has_waited(client):
    now = timezone.now()
    for key, waits in (("older", 90), ("younger", 10), ("later", -60)):
        Job.objects.create(kind="nothing", key=key, max_attempts=1, due_at=now - timedelta(seconds=waits))
    Job.objects.create(
        kind="nothing",
        key="done",
        max_attempts=1,
        due_at=now - timedelta(days=1),
        state=Job.State.DONE,
        finished_at=now,
    )

    answer = client.get("/readyz")

    assert answer.json()["oldest_job_seconds"] == pytest.approx(90, abs=5)


@pytest.fixture
def silent_redis() -> Iterator[str]:
    """Return the address of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.mark.django_db
def test_a_silent_redis_degrades_the_shop_and_does_not_hold_the_answer(client, settings, silent_redis):
    settings.REDIS_URL = silent_redis
    began = time.monotonic()

    answer = client.get("/readyz")

    assert time.monotonic() - began < HELD_UP_SECONDS
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["redis"] == "does not answer"


@pytest.fixture
def silent_names(monkeypatch) -> Iterator[None]:
    """Let name lookups hang; afterwards wait until the thread that asks for Redis is free again."""
    answered = threading.Event()
    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", lambda *arguments, **options: answered.wait())
        yield
    answered.set()
    health._redis_asker.executor.submit(lambda: None).result()


@pytest.mark.django_db
def test_a_redis_that_cannot_even_be_looked_up_does_not_hold_the_answer(client, settings, silent_names):
    settings.REDIS_URL = "redis://redis.example:6379/0"
    began = time.monotonic()

    answer = client.get("/readyz")

    assert time.monotonic() - began < HELD_UP_SECONDS
    assert (answer.status_code, answer.json()["redis"]) == (200, "does not answer")


@pytest.mark.django_db
def test_without_redis_the_shop_is_degraded_and_not_down(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


@pytest.mark.django_db
def test_readyz_refuses_while_a_migration_is_missing(client):
    MigrationRecorder.Migration.objects.filter(app="sessions", name="0001_initial").delete()

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["migrations"] == "1 to apply"


@pytest.mark.django_db
def test_readyz_refuses_without_the_table_of_the_cache(client):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cache RENAME TO elsewhere")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["cache"] == "table missing"


@pytest.mark.django_db
def test_readyz_refuses_while_the_database_does_not_answer(client, monkeypatch):
    def refuse(*arguments, **options):
        raise DatabaseError("gone")

    monkeypatch.setattr(connection, "cursor", refuse)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {
        "status": "unavailable",
        "database": "does not answer",
        "migrations": "unknown",
        "cache": "unknown",
        "writes": "unknown",
        "redis": "ok",
        "oldest_job_seconds": None,
    }


@override_settings(SECURE_SSL_REDIRECT=True)
def test_probes_are_answered_without_https(client):
    assert client.get("/healthz").status_code == 200
    assert client.get("/elsewhere").status_code == 301


@override_settings(ALLOWED_HOSTS=["shop.example"])
def test_probes_are_answered_under_any_host_name(client):
    assert client.get("/healthz", headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert client.get("/elsewhere", headers={"host": "10.0.0.7:8000"}).status_code == 400


@pytest.mark.django_db
def test_readyz_refuses_where_nothing_can_be_written(client):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert (answer.json()["cache"], answer.json()["writes"]) == ("ok", "fail")


@pytest.mark.django_db
def test_readyz_writes_every_few_seconds_for_all_processes_together(client, django_assert_max_num_queries):
    client.get("/readyz")
    assert cache.get(health.WRITTEN)
    health._database_asker.forget()

    with django_assert_max_num_queries(20) as queries:
        assert client.get("/readyz").json()["writes"] == "ok"

    assert not [query for query in queries if "work_mem" in query["sql"] or query["sql"].startswith("INSERT")]


@pytest.mark.django_db
def test_the_file_that_readyz_has_written_is_written(client):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64kB'")
        cursor.execute(
            "EXPLAIN (ANALYZE, BUFFERS) SELECT count(*) FROM generate_series(1, %s)", [health.NUMBERS_WRITTEN]
        )
        told = "".join(line for (line,) in cursor.fetchall())

    assert "temp read=" in told
    assert "written=" in told


def test_readyz_answers_in_time_whatever_becomes_of_the_look_and_looks_once_for_all(client, monkeypatch):
    looks, may_go_on = [], threading.Event()

    def hang():
        looks.append(1)
        may_go_on.wait()
        return {"database": "ok"}, None

    asker = health.Look("hanging", hang, (health.UNKNOWN, None))
    monkeypatch.setattr(health, "_database_asker", asker)
    began = time.monotonic()
    with ThreadPoolExecutor(4) as many:
        answers = list(many.map(lambda _number: client.get("/readyz"), range(4)))

    assert time.monotonic() - began < HELD_UP_SECONDS
    assert {(answer.status_code, answer.json()["database"]) for answer in answers} == {(503, "does not answer")}
    # Redis was asked at the same time, not after.
    assert {answer.json()["redis"] for answer in answers} == {"ok"}
    assert len(looks) == 1
    may_go_on.set()
    asker.begin().result()
    time.sleep(health.FRESH_SECONDS)
    assert client.get("/readyz").status_code == 200
    assert len(looks) == 2


def test_an_answer_serves_for_less_than_a_second(monkeypatch):
    clock, looks = [1000.0], []
    asker = health.Look("clocked", lambda: looks.append(1), None)
    monkeypatch.setattr(asker, "executor", AtOnce())
    monkeypatch.setattr(health.time, "monotonic", lambda: clock[0])

    asker.begin()
    clock[0] += 0.4
    asker.begin()
    assert len(looks) == 1
    clock[0] += 0.6
    asker.begin()
    assert len(looks) == 2
