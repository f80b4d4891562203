"""One shop to be killed for all trials, which must have recovered from a trial before the next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.trials.killed.killable_shop import KillableShop, run_killable_shop


@pytest.fixture(scope="session")
def killable_shop(django_db_blocker: DjangoDbBlocker) -> Iterator[KillableShop]:
    with run_killable_shop(django_db_blocker) as shop:
        yield shop
