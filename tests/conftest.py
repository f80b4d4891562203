"""Fixtures of all tests; fixtures of one app lie in that app's folder."""

import itertools
from collections.abc import Iterator

import hypothesis
import pytest
from django.conf import settings
from django.test import TransactionTestCase, client
from django.utils import translation

from common.afterwards import forget_waiting
from outbox.jobs import claiming
from shop.payments.configured import in_force
from tests import servers
from tests.databases import migrated_database
from tests.emptying import empty_database
from tests.page_contexts import store_page_context
from tests.running_shop import RunningShop, run_shop

settings.MEDIA_ROOT = str(servers.addresses().data / "media")
TransactionTestCase._fixture_teardown = empty_database  # type: ignore[method-assign]
client.store_rendered_templates = store_page_context  # type: ignore[attr-defined]
# How long an example takes decides no test.
hypothesis.settings.register_profile("amphi", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("amphi")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Send all tests of a running shop to one worker, so that one shop is started and not one in each.

    Put groups and long tests first: at the end one worker would run them while the others have nothing left.
    """
    for item in items:
        if "running_shop" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.end_to_end)
            item.add_marker(pytest.mark.xdist_group("running_shop"))
        elif "browse" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.long)
    yield
    items.sort(key=_turn)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a file in a test's name by its parameter: workers must agree on names, and archives contain the time."""
    return argname if isinstance(val, bytes) and len(val) > 40 else None


def _turn(item: pytest.Item) -> int:
    if item.get_closest_marker("xdist_group"):
        return 0
    return 1 if item.get_closest_marker("long") else 2


@pytest.fixture(autouse=True)
def in_no_language_of_another_test() -> Iterator[None]:
    """Reset the language: a request of Django's test client leaves its language active in this thread."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def with_nothing_to_write_of_another_test() -> Iterator[None]:
    """Drop what waits to be written after a transaction."""
    yield
    forget_waiting()


@pytest.fixture(autouse=True)
def with_no_settings_of_providers_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Know from the start of a test that the merchant has saved no settings of providers, as a process does that has
    read them before; saving some has them read anew."""
    monkeypatch.setattr(in_force, "KEPT_SECONDS", 3600.0)
    in_force.remember({})


@pytest.fixture(autouse=True)
def with_choices_of_jobs_counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count anew which choice of a job asks for the oldest: the tests before this one decide nothing in it."""
    monkeypatch.setattr(claiming, "_choices", itertools.count(1))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Copy the database of the tests from a migrated one: migrating finds nothing to do."""
    settings.DATABASES["default"]["TEST"]["TEMPLATE"] = migrated_database()


@pytest.fixture(scope="session")
def running_shop() -> Iterator[RunningShop]:
    """Run a shop in processes of its own: gunicorn, worker and beat, on a fresh database with the demo data.

    The shop is shared by the whole run: a test makes its rows under names of its own and counts nothing globally.
    """
    with run_shop() as shop:
        yield shop
