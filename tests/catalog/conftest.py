"""Clean guards for every test of the catalogue, whatever the shop registered."""

import pytest

from catalog import guards
from handlers.registry import temporary
from tests.catalog.handlers import EveryField


@pytest.fixture(autouse=True)
def _no_guards():
    with guards.SOLD_CHECKS.emptied(), guards.CUSTOMER_CHECKS.emptied():
        yield


@pytest.fixture
def sold():
    """A set of keys: the entries in it count as sold."""
    keys: set[int] = set()
    guards.SOLD_CHECKS.add(lambda entry_ids: keys & set(entry_ids))
    return keys


@pytest.fixture
def customers():
    """A set of keys: the users in it have a paid order."""
    keys: set[int] = set()
    guards.CUSTOMER_CHECKS.add(lambda user: user.pk in keys)
    return keys


@pytest.fixture
def every_field():
    """The handler that takes every kind of parameter is there."""
    with temporary(EveryField):
        yield
