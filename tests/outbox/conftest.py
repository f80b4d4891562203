"""Fixtures of the outbox: a kind of mail, and a table that counts the effects of jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.utils import translation

from outbox.mails.kinds import MailKind
from tests.outbox.mails.greeting_mail import greeting_kind


@pytest.fixture(autouse=True)
def _in_english(client) -> Iterator[None]:
    """Read texts in English; the shop's own language is French."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def greeting(settings) -> Iterator[MailKind]:
    with greeting_kind(settings) as kind:
        yield kind


class Effects:
    """Effects of jobs as rows: rolled back with the transaction, unlike a list; one done twice counts twice."""

    def add(self, what: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO outbox_test_effect VALUES (%s)", [what])

    def all(self) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT what FROM outbox_test_effect ORDER BY what")
            return [row[0] for row in cursor.fetchall()]


@pytest.fixture
def effects(transactional_db) -> Iterator[Effects]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE outbox_test_effect (what text)")
    yield Effects()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE outbox_test_effect")


@pytest.fixture
def rings(monkeypatch) -> list[int]:
    """Return a list that grows by one with every ring, in place of ringing."""
    heard: list[int] = []
    monkeypatch.setattr("outbox.jobs.doorbell.ring", lambda: heard.append(1))
    return heard


@pytest.fixture
def make_due() -> Callable[[], None]:
    """Return a function that makes every pending job due, as waiting would."""

    def move() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE outbox_job SET due_at = statement_timestamp() WHERE state = 'pending'")

    return move
