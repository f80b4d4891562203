"""Guards for the tests of the catalogue, free of those that the shop registered."""

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
    """Return a set of keys: the entries in it count as sold."""
    keys: set[int] = set()
    guards.SOLD_CHECKS.add(lambda entry_ids: keys & set(entry_ids))
    return keys


@pytest.fixture
def customers():
    """Return a set of keys: the users in it have a paid order."""
    keys: set[int] = set()
    guards.CUSTOMER_CHECKS.add(lambda user: user.pk in keys)
    return keys


@pytest.fixture
def every_field():
    """Install the handler that takes every kind of parameter."""
    with temporary(EveryField):
        yield
