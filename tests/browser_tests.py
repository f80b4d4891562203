"""A pytest plugin: the browser tests are left out where there is no Chromium, and the run's last line says so."""

import pytest

from tests.browser.chromium import LEFT_OUT, REQUIRED, find_chromium, is_required
from tests.servers import PROJECT, is_worker

FOLDER = PROJECT / "tests" / "browser"


def pytest_configure(config: pytest.Config) -> None:
    if find_chromium() is None and is_required():
        raise pytest.UsageError(REQUIRED)


def pytest_ignore_collect(collection_path) -> bool | None:
    return True if collection_path == FOLDER and find_chromium() is None else None


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if find_chromium() is None and not is_worker():
        print(LEFT_OUT)
