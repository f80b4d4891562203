"""The bell rings once per commit, and never holds up the process that rings."""

import os
import socket
import time

import pytest
from celery import Celery
from django.conf import settings
from django.db import transaction

from outbox.jobs import doorbell
from outbox.jobs.doorbell import Doorbell, ring_on_commit
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.services import enqueue
from outbox.tasks import run_jobs
from tests.patience import PATIENCE_SECONDS

# The bell gives up after half a second; Celery's own connections would take longer than this.
BUSY_MACHINE = 4


@pytest.fixture
def queue() -> str:
    return f"doorbell-{os.urandom(4).hex()}"


def app_at(address: str, queue: str) -> Celery:
    app = Celery("doorbell-tests", broker=address, set_as_current=False)
    app.conf.task_default_queue = queue
    return app


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def count_tries(bell: Doorbell, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by one with each attempt of the bell to reach Redis."""
    tries: list[int] = []
    send = bell._send
    monkeypatch.setattr(bell, "_send", lambda: (tries.append(1), send()))
    return tries


@pytest.mark.django_db(transaction=True)
def test_one_ring_per_commit_however_many_jobs(rings):
    with temporary_job_kind("errand", lambda job, now: None):
        with transaction.atomic():
            for number in range(5):
                enqueue(kind="errand", key=f"errand:{number}")
            assert rings == []
        assert rings == [1]

        with transaction.atomic():
            enqueue(kind="errand", key="errand:next")
        assert rings == [1, 1]


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_savepoint_takes_only_its_own_ring(rings):
    with transaction.atomic(), transaction.atomic():
        ring_on_commit()
        transaction.set_rollback(True)
    assert rings == []

    with transaction.atomic():
        with transaction.atomic():
            ring_on_commit()
            transaction.set_rollback(True)
        ring_on_commit()
    assert rings == [1]

    with transaction.atomic():
        ring_on_commit()
        with transaction.atomic():
            ring_on_commit()
            transaction.set_rollback(True)
    assert rings == [1, 1]


@pytest.mark.django_db(transaction=True)
def test_a_ring_asked_for_in_a_released_savepoint_serves_the_whole_transaction(rings):
    with transaction.atomic():
        with transaction.atomic():
            ring_on_commit()
        with transaction.atomic():
            ring_on_commit()
    assert rings == [1]


@pytest.mark.django_db(transaction=True)
def test_a_commit_stands_though_the_bell_is_broken(monkeypatch):
    broken = Doorbell(app_at(f"redis://127.0.0.1:{closed_port()}/0", "none"))
    monkeypatch.setattr(doorbell, "_doorbell", broken)

    with temporary_job_kind("errand", lambda job, now: None):
        job = enqueue(kind="errand", key="errand:1")

    assert job.state == "pending"


def test_a_message_reaches_redis_and_expires(queue):
    app = app_at(settings.CELERY_BROKER_URL, queue)

    assert Doorbell(app).ring() is True

    with app.connection_for_read() as connection:
        message = connection.SimpleQueue(queue).get(timeout=PATIENCE_SECONDS)
        message.ack()
    assert message.headers["task"] == run_jobs.name == doorbell.TASK
    assert message.headers["expires"] is not None


def test_a_refused_connection_fails_fast_and_is_left_alone_for_a_while(queue, monkeypatch):
    bell = Doorbell(app_at(f"redis://127.0.0.1:{closed_port()}/0", queue))
    tries = count_tries(bell, monkeypatch)

    started = time.monotonic()
    assert bell.ring() is False
    assert time.monotonic() - started < BUSY_MACHINE
    assert bell.ring() is False
    assert tries == [1]


def test_after_the_silence_it_rings_again(queue, monkeypatch):
    bell = Doorbell(app_at(settings.CELERY_BROKER_URL, queue))
    now = [1000.0]
    monkeypatch.setattr("outbox.jobs.doorbell.time.monotonic", lambda: now[0])
    with monkeypatch.context() as broken:
        broken.setattr(bell, "_send", lambda: 1 / 0)
        assert bell.ring() is False

    now[0] += doorbell.SILENCE_AFTER_FAILURE - 0.1
    assert bell.ring() is False
    now[0] += 0.2
    assert bell.ring() is True


def test_a_silent_redis_holds_nobody_up(queue, monkeypatch):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(50)
        bell = Doorbell(app_at(f"redis://127.0.0.1:{deaf.getsockname()[1]}/0", queue))
        tries = count_tries(bell, monkeypatch)

        started = time.monotonic()
        assert bell.ring() is False
        assert time.monotonic() - started < BUSY_MACHINE
        assert bell.ring() is False
        assert tries == [1]


def test_a_forked_child_opens_connections_of_its_own(queue, monkeypatch):
    bell = Doorbell(app_at(settings.CELERY_BROKER_URL, queue))
    parents = bell._connections()
    assert bell._connections() is parents

    monkeypatch.setattr("outbox.jobs.doorbell.os.getpid", lambda: -1)
    assert bell._connections() is not parents
