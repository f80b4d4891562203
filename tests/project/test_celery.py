"""Celery as set up by this shop."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis
from kombu import Connection, Message, Queue
from kombu.exceptions import OperationalError

from outbox.jobs.running import GRACE
from project.celery import BEAT_SCHEDULE, app
from project.patches.kombu import LONGEST_WAIT_FOR_REDIS, EnduringConnection
from tests.servers import PROJECT


def test_worker_and_beat_look_for_a_lost_redis_every_few_seconds(monkeypatch):
    monkeypatch.setattr("kombu.utils.functional.sleep", lambda seconds: None)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"redis://127.0.0.1:{closed.getsockname()[1]}/0"
    waits: list[float] = []

    for connection in (app.connection_for_read(address), app.connection_for_write(address)):
        waits.clear()
        with pytest.raises(OperationalError):
            connection.ensure_connection(lambda error, wait: waits.append(wait), max_retries=20)

        assert len(waits) == 20
        assert max(waits) <= LONGEST_WAIT_FOR_REDIS


def connection_that_lost_its_redis(kind: type[Connection], **options: object) -> Connection:
    """Return a connection with an unanswered message whose Redis was lost: `collect` leaves no client behind."""
    connection = kind(app.conf.broker_url, transport_options=app.conf.broker_transport_options | options)
    channel = connection.default_channel
    queue = Queue("lost", channel=channel, durable=False)
    queue.declare()
    with connection.Producer() as producer:
        producer.publish({}, routing_key="lost")
    assert queue.get() is not None
    channel._disconnect_pools()
    connection.transport.client = None
    return connection


def test_a_worker_that_lost_its_redis_closes_the_connection_and_goes_on(caplog):
    connection = connection_that_lost_its_redis(EnduringConnection)

    connection.close()

    assert not connection.connected
    assert caplog.records == []


def test_control_the_librarys_own_connection_ends_the_worker():
    with pytest.raises(AttributeError):
        connection_that_lost_its_redis(Connection, ack_emulation=True).close()


@contextmanager
def holding_a_message(**options: object) -> Iterator[Message]:
    """Hold a message as a worker of one process does: no other message may be taken meanwhile."""
    transport_options = app.conf.broker_transport_options | options
    with EnduringConnection(app.conf.broker_url, transport_options=transport_options) as connection:
        channel = connection.default_channel
        queue = Queue(f"held-{os.urandom(4).hex()}", channel=channel, durable=False)
        queue.declare()
        channel.basic_qos(0, 1, False)
        with connection.Producer() as producer:
            producer.publish({}, routing_key=queue.name)
        message = queue.get()
        assert not channel.qos.can_consume()
        yield message
        queue.delete()


@pytest.fixture
def silent_redis(monkeypatch) -> None:
    def no_answer(*_arguments: object, **_options: object) -> None:
        raise redis.TimeoutError

    monkeypatch.setattr("redis.client.Pipeline.execute", no_answer)


def test_a_worker_takes_the_next_message_though_redis_did_not_hear_of_the_end_of_the_last(request):
    with holding_a_message() as message:
        request.getfixturevalue("silent_redis")

        message.ack()

        assert message.channel.qos.can_consume()


def test_control_where_redis_is_told_what_a_worker_holds_it_takes_none_ever_again(request):
    with holding_a_message(ack_emulation=True) as message:
        request.getfixturevalue("silent_redis")

        with pytest.raises(redis.TimeoutError):
            message.ack()

        assert not message.channel.qos.can_consume()


def test_a_killed_workers_job_is_due_again_in_time_for_a_new_process():
    between_rounds = BEAT_SCHEDULE["run overdue jobs"]["schedule"]

    # Two of the five seconds promised are left to start the process and run the job.
    assert GRACE.total_seconds() + between_rounds <= 3


def test_a_new_process_has_time_to_report_on_a_busy_machine():
    assert app.conf.worker_proc_alive_timeout >= 30


LOADS_FOR_A_MAIL = """
import sys, django
django.setup()
from celery.signals import worker_init
import project.celery
{start}
before = set(sys.modules)
from django.urls import reverse
reverse("home")
print(len([name for name in set(sys.modules) - before if name.partition(".")[0] in ("accounts", "shop", "project")]))
"""


@pytest.mark.parametrize(
    ("start", "is_ready"), [("worker_init.send(type('Worker', (), {'concurrency': 2})())", True), ("", False)]
)
def test_a_workers_processes_find_loaded_what_mails_need(start, is_ready):
    """A new process that loads the pages at its first mail is late for the job of a killed one."""
    program = LOADS_FOR_A_MAIL.format(start=start)
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)

    assert (done.stdout.split()[-1] == "0") is is_ready
