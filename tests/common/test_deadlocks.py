"""A deadlock's victim runs again, as a whole and a limited number of times."""

from types import SimpleNamespace

import pytest
from django.db import OperationalError
from psycopg2.errors import DeadlockDetected, QueryCanceled

from common import again as deadlocks
from common.again import again_after_deadlock


@pytest.fixture(autouse=True)
def outside(monkeypatch):
    """Pretend that no transaction is open; a test may say otherwise."""
    connection = SimpleNamespace(in_atomic_block=False)
    monkeypatch.setattr(deadlocks, "connection", connection)
    return connection


def failing(times, cause):
    calls = []

    @again_after_deadlock
    def service(*, answer):
        calls.append(answer)
        if len(calls) <= times:
            raise OperationalError from cause
        return answer

    return service, calls


def test_a_deadlock_is_tried_again():
    service, calls = failing(2, DeadlockDetected())

    assert service(answer=7) == 7
    assert calls == [7, 7, 7]


def test_three_times_at_most():
    service, calls = failing(3, DeadlockDetected())

    with pytest.raises(OperationalError):
        service(answer=7)

    assert len(calls) == 3


def test_any_other_error_is_not_tried_again():
    service, calls = failing(1, QueryCanceled())

    with pytest.raises(OperationalError):
        service(answer=7)

    assert len(calls) == 1


def test_within_a_transaction_its_owner_decides(outside):
    outside.in_atomic_block = True
    service, calls = failing(1, DeadlockDetected())

    with pytest.raises(OperationalError):
        service(answer=7)

    assert len(calls) == 1


def test_all_that_the_service_was_called_with_reaches_it():
    @again_after_deadlock
    def service(first, *, second):
        return first, second

    assert service(1, second=2) == (1, 2)


def test_a_service_keeps_its_name_by_which_registries_know_it():
    service, _calls = failing(0, DeadlockDetected())

    assert (service.__module__, service.__qualname__) == (__name__, "failing.<locals>.service")
