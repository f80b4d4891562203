"""Rivals of a race are led step by step, their errors come back, no race hangs and no process is left over."""

import multiprocessing
import os
import signal
import sys
import time

import pytest
from django.db import connection, transaction

from accounts.members.models import CustomerAccount
from tests.factories.accounts import CustomerAccountFactory
from tests.rivals.processes import Rival, deadlocks_among, errors_among, no_row_locks, race, values_among

HERE = sys.modules[__name__]


def look() -> None:
    """Do nothing: rivals can pause here."""


def read_and_raise(account: CustomerAccount) -> None:
    """Read a counter under a row lock and write it back with one more: without the lock, the classical lost update."""
    with transaction.atomic():
        name = CustomerAccount.objects.select_for_update().get(pk=account.pk).name
        look()
        CustomerAccount.objects.filter(pk=account.pk).update(name=str(int(name) + 1))


@pytest.fixture
def counter() -> CustomerAccount:
    return CustomerAccountFactory(name="0")


def test_each_rival_is_a_process_with_a_connection_of_its_own():
    def identities():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return os.getpid(), cursor.fetchone()[0]

    identities_of_all = [identities(), *values_among(race(*[identities] * 3))]

    assert len(dict(identities_of_all)) == 4
    assert len({backend for _process, backend in identities_of_all}) == 4


def test_rivals_kept_away_by_a_lock_are_not_waited_for(counter):
    answers = race(*[lambda: read_and_raise(counter)] * 4, before=[(HERE, "look")])

    assert errors_among(answers) == []
    counter.refresh_from_db()
    assert counter.name == "4"


def test_without_the_lock_all_meet_in_the_pause_each_time(counter):
    race(*[lambda: read_and_raise(counter)] * 4, before=[(HERE, "look")], without=no_row_locks)

    counter.refresh_from_db()
    assert counter.name == "1"


def test_in_turn_the_second_does_all_its_work_while_the_first_waits(counter):
    first, second = race(
        Rival(lambda: (look(), CustomerAccount.objects.get(pk=counter.pk).name)[1], before=[(HERE, "look")]),
        Rival(lambda: CustomerAccount.objects.filter(pk=counter.pk).update(name="moved")),
        in_turn=True,
    )

    assert (first.value, second.value) == ("moved", 1)


def test_a_deadlock_is_counted_and_comes_back_as_an_error(counter):
    other = CustomerAccountFactory(name="0")

    def both(one, two):
        with transaction.atomic():
            CustomerAccount.objects.filter(pk=one.pk).update(name="1")
            look()
            CustomerAccount.objects.filter(pk=two.pk).update(name="1")

    answers = race(lambda: both(counter, other), lambda: both(other, counter), before=[(HERE, "look")])

    assert errors_among(answers) == ["OperationalError"]
    assert deadlocks_among(answers) == 1


def test_what_cannot_begin_or_be_handed_back_is_an_error_and_not_a_silence(counter):
    def break_down():
        raise LookupError("no such guard")

    assert errors_among(race(lambda: 7, without=break_down)) == ["LookupError"]
    assert errors_among(race(lambda: lambda: 7)) == ["AttributeError"]


def test_a_pause_that_nobody_comes_to_is_no_race():
    with pytest.raises(AssertionError, match="Nobody came to a pause"):
        race(lambda: 7, lambda: 7, before=[(HERE, "look")])
    assert values_among(race(lambda: 7, lambda: look(), after=[(HERE, "look")])) == [7, None]
    assert multiprocessing.active_children() == []


def test_what_dies_or_never_ends_is_told_and_leaves_nobody_behind():
    died, lived = race(lambda: os.kill(os.getpid(), signal.SIGKILL), lambda: 7)
    assert (died.error, lived.value) == ("Died", 7)

    with pytest.raises(AssertionError, match="never ended"):
        race(lambda: time.sleep(300), limit=0.2)
    assert multiprocessing.active_children() == []
