"""A fork that is killed leaves nothing behind, whichever of the test's connections were open."""

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest
from django.db import connection, connections, transaction

from accounts.people.models import User
from tests.factories.accounts import UserFactory
from tests.forked import status_of_fork

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def beside_a_browser(monkeypatch) -> Iterator[None]:
    """Run within an event loop, as a test does whose process has opened a browser."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    loop = asyncio.new_event_loop()
    asyncio._set_running_loop(loop)
    yield
    connections.close_all()
    asyncio._set_running_loop(None)
    loop.close()


@pytest.fixture
def alice() -> User:
    return UserFactory()


def test_what_a_killed_fork_wrote_is_rolled_back_and_holds_nobody_up(alice, beside_a_browser):
    def dying():
        with transaction.atomic():
            User.objects.filter(pk=alice.pk).update(first_name="Lost")
            os.kill(os.getpid(), signal.SIGKILL)

    assert os.WIFSIGNALED(status_of_fork(dying))

    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '30s'")
    User.objects.filter(pk=alice.pk).update(last_name="Kept")
    alice.refresh_from_db()
    assert (alice.first_name, alice.last_name) != ("Lost", "Kept")
    assert alice.last_name == "Kept"
