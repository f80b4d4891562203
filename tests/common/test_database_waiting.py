"""Waiting for Postgres comes to an end, whether Postgres lives or not."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import psycopg2
import pytest

from common.database_waiting import DatabaseSilent, database_deadline, end_waiting, wait_for_ever
from tests.patience import HELD_UP_SECONDS
from tests.servers import addresses


@pytest.fixture(autouse=True)
def _limits() -> Iterator[None]:
    end_waiting(connecting=0.3, answer=0.5)
    yield
    wait_for_ever()


@pytest.fixture
def connection() -> Iterator[psycopg2.extensions.connection]:
    found = psycopg2.connect(addresses().database_url_for("postgres"))
    yield found
    found.close()


def run(connection, statement: str) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


def test_what_is_answered_in_time_is_answered_as_ever(connection):
    assert run(connection, "SELECT repeat('x', 3000000)") == ("x" * 3_000_000,)
    with pytest.raises(psycopg2.errors.DivisionByZero):
        run(connection, "SELECT 1 / 0")
    connection.rollback()
    assert run(connection, "SELECT 1") == (1,)


def test_a_statement_that_is_not_answered_is_given_up_with_its_connection(connection):
    began = time.monotonic()

    with pytest.raises(DatabaseSilent):
        run(connection, "SELECT pg_sleep(60)")

    assert time.monotonic() - began < HELD_UP_SECONDS
    assert connection.closed


def test_a_deadline_holds_over_many_statements_and_the_earlier_one_counts(connection):
    began = time.monotonic()

    with database_deadline(0.6), database_deadline(60), pytest.raises(DatabaseSilent):
        any(run(connection, "SELECT pg_sleep(0.1)") == () for _ in range(1000))

    assert 0.5 < time.monotonic() - began < HELD_UP_SECONDS


def test_a_server_that_takes_connections_and_says_nothing_is_given_up_and_for_a_moment_asked_no_more(
    connection, monkeypatch
):
    monkeypatch.setattr("common.database_waiting.REFUSED_SECONDS", 60)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgres://shop@127.0.0.1:{silent.getsockname()[1]}/shop"
        began = time.monotonic()
        with pytest.raises(DatabaseSilent, match="in time"):
            psycopg2.connect(address)
        waited = time.monotonic() - began
        for _ in range(2):
            with pytest.raises(psycopg2.OperationalError, match="a moment ago"):
                psycopg2.connect(address)

    assert waited >= 0.3
    # A connection that is there is not concerned.
    assert run(connection, "SELECT 1") == (1,)
