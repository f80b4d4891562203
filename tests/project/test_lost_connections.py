"""Before each request Django asks whether its connection still lives; ours finds out without a question."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from django.db import connection
from django.db.utils import load_backend

from shop.postgres.base import DatabaseWrapper
from tests.trials.killed.killable_shop import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other() -> Iterator[DatabaseWrapper]:
    """A connection beside the test's, whose server has answered just now."""
    theirs = connection.settings_dict
    wrapper = load_backend(theirs["ENGINE"]).DatabaseWrapper(theirs, "other")
    wrapper.inc_thread_sharing()
    with closing(wrapper):
        wrapper.ensure_connection()
        assert wrapper.is_usable()
        yield wrapper


def session_of(other: DatabaseWrapper) -> int:
    return other.connection.info.backend_pid


def test_a_living_connection_is_told_without_a_question(other, monkeypatch):
    monkeypatch.setattr("shop.postgres.base.ASK_AGAIN_AFTER_SECONDS", 3600)
    monkeypatch.setattr("django.db.backends.postgresql.base.DatabaseWrapper.is_usable", lambda _self: False)

    assert other.is_usable()


def test_a_connection_that_the_server_ended_is_not_used(other, monkeypatch):
    monkeypatch.setattr("shop.postgres.base.ASK_AGAIN_AFTER_SECONDS", 3600)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [session_of(other)])

    wait_until(lambda: not other.is_usable())


def test_after_an_error_the_server_is_asked(other, monkeypatch):
    monkeypatch.setattr("shop.postgres.base.ASK_AGAIN_AFTER_SECONDS", 3600)
    monkeypatch.setattr("django.db.backends.postgresql.base.DatabaseWrapper.is_usable", lambda _self: False)
    other.errors_occurred = True

    assert not other.is_usable()
