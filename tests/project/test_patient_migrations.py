"""Migrations beside running programs: they give way, try again, and end an index that was cut off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
import pytest
from django.core.management import call_command
from django.db import OperationalError, ProgrammingError, connection, transaction

from project import patient_migrations
from project.patient_migrations import gave_way, patience

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def briefly(monkeypatch) -> None:
    monkeypatch.setattr(patient_migrations, "LOCK_SECONDS", 0.1)
    monkeypatch.setattr(patient_migrations, "PAUSE_SECONDS", 0.1)


@pytest.fixture
def table() -> Iterator[str]:
    run("CREATE TABLE migrated_live (id bigint, name text)")
    run("INSERT INTO migrated_live VALUES (1, 'a')")
    yield "migrated_live"
    run("DROP TABLE migrated_live")


def run(sql: str, *params: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def locked(table: str, *, seconds: float = 30) -> Iterator[None]:
    """Hold a row's lock over a connection of its own, for so long at most."""
    connection.ensure_connection()
    other = psycopg2.connect(connection.connection.dsn)
    with other.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET name = 'b'")
    ends = threading.Timer(seconds, other.rollback)
    ends.start()
    try:
        yield
    finally:
        ends.cancel()
        ends.join()
        other.close()


def test_a_statement_that_finds_a_table_locked_gives_way_and_tries_again(table):
    with locked(table, seconds=1), patience(connection):
        run(f"ALTER TABLE {table} ADD COLUMN more text")

    assert run(f"SELECT more FROM {table}") == [(None,)]


def test_a_transaction_gives_way_as_a_whole(table):
    with locked(table), patience(connection), pytest.raises(OperationalError) as refused, transaction.atomic():
        run(f"ALTER TABLE {table} ADD COLUMN more text")

    assert gave_way(refused.value)


def test_a_migration_that_gave_way_begins_again(monkeypatch, capsys):
    ends = []

    def handle(self, *args, **options):
        ends.append(1)
        if len(ends) < 3:
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE lock_not_available; END $$")

    monkeypatch.setattr("django.core.management.commands.migrate.Command.handle", handle)
    monkeypatch.setattr("project.management.commands.migrate.PAUSE_SECONDS", 0)
    monkeypatch.setattr(patient_migrations, "TRIES", 1)

    call_command("migrate")

    assert len(ends) == 3
    assert capsys.readouterr().out.count("begins again") == 2


def test_other_errors_are_not_tried_again():
    with patience(connection), pytest.raises(OperationalError) as refused:
        run("DO $$ BEGIN RAISE query_canceled; END $$")

    assert not gave_way(refused.value)


def test_the_limits_end_with_the_migrations():
    before = run("SHOW lock_timeout") + run("SHOW statement_timeout")
    with patience(connection):
        assert run("SHOW lock_timeout") + run("SHOW statement_timeout") == [("100ms",), ("0",)]

    assert run("SHOW lock_timeout") + run("SHOW statement_timeout") == before


def test_what_was_made_before_a_cut_is_not_made_again(table):
    with patience(connection):
        for _run in range(2):
            run(f'ALTER TABLE "{table}" ADD COLUMN "more" text NULL')
            run(f'CREATE INDEX "live_more" ON "{table}" ("more")')
        with pytest.raises(ProgrammingError, match="already exists"), transaction.atomic():
            run(f'ALTER TABLE "{table}" ADD COLUMN "more" text NULL')

    assert run(f"SELECT more FROM {table}") == [(None,)]


def test_an_index_that_was_cut_off_is_made_anew(table):
    run(f"INSERT INTO {table} VALUES (1, 'a')")
    with pytest.raises(Exception, match="could not create unique index"):
        run(f'CREATE UNIQUE INDEX CONCURRENTLY "live_once" ON {table} (id)')
    run(f"DELETE FROM {table} WHERE ctid IN (SELECT ctid FROM {table} LIMIT 1)")

    with patience(connection):
        run(f'CREATE UNIQUE INDEX CONCURRENTLY "live_once" ON {table} (id)')
        run(f'CREATE UNIQUE INDEX CONCURRENTLY "live_once" ON {table} (id)')  # made, and not noted as made

    assert run("SELECT indisvalid FROM pg_index WHERE indexrelid = 'live_once'::regclass") == [(True,)]


def test_an_index_waits_for_others_as_long_as_they_need(table):
    with locked(table, seconds=1), patience(connection):
        run(f'CREATE INDEX CONCURRENTLY "live_name" ON {table} (name)')

    assert run("SELECT indisvalid FROM pg_index WHERE indexrelid = 'live_name'::regclass") == [(True,)]
