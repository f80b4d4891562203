"""Broken hooks in the database: constraints, each broken by raw SQL, and how long a row is kept."""

import pytest
from django.utils import timezone

from common.tidying import tidy
from handlers.models import BrokenHook
from tests.constraints import broken, copy, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def hook():
    return BrokenHook.objects.create(handler="ext_odd", hook="revoke", file="ext_odd/handler.py", line=7, error="Odd")


def test_a_fault_at_one_place_is_one_row(hook):
    with broken("handlers_brokenhook_once"):
        copy("handlers_brokenhook", hook.pk)


def test_a_fault_was_seen(hook):
    with broken("handlers_brokenhook_seen"):
        run("UPDATE handlers_brokenhook SET times = 0 WHERE id = %s", hook.pk)


@pytest.mark.parametrize("column", ["handler", "hook", "error"])
def test_a_fault_is_named(hook, column):
    with broken("handlers_brokenhook_named"):
        run(f"UPDATE handlers_brokenhook SET {column} = '' WHERE id = %s", hook.pk)


def test_a_fault_that_was_not_seen_for_long_is_forgotten(hook):
    later = BrokenHook.objects.create(handler="ext_odd", hook="check", error="Odd")
    BrokenHook.objects.filter(pk=hook.pk).update(last_seen_at="2020-01-01T00:00Z")

    assert tidy("faults", now=timezone.now()) == 1

    assert list(BrokenHook.objects.all()) == [later]
