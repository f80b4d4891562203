"""Celery as this shop sets it up."""

from __future__ import annotations

import socket

import pytest
from kombu.exceptions import OperationalError

from shop.celery import LONGEST_WAIT_FOR_REDIS, app


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
