"""Celery as this shop sets it up."""

from __future__ import annotations

import socket

import pytest
from kombu import Connection, Queue
from kombu.exceptions import OperationalError

from shop.celery import LONGEST_WAIT_FOR_REDIS, EnduringConnection, app


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


def connection_that_lost_its_redis(kind: type[Connection]) -> Connection:
    """It took a message that it never answered, and tried to close before: `collect` leaves no client behind."""
    connection = kind(app.conf.broker_url, transport_options=app.conf.broker_transport_options)
    channel = connection.default_channel
    queue = Queue("lost", channel=channel, durable=False)
    queue.declare()
    with connection.Producer() as producer:
        producer.publish({}, routing_key="lost")
    assert queue.get() is not None
    channel._disconnect_pools()
    connection.transport.client = None
    return connection


def test_a_worker_that_lost_its_redis_closes_the_connection_and_goes_on():
    connection = connection_that_lost_its_redis(EnduringConnection)

    connection.close()

    assert not connection.connected


def test_control_the_librarys_own_connection_ends_the_worker():
    with pytest.raises(AttributeError):
        connection_that_lost_its_redis(Connection).close()
