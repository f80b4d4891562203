"""A pytest plugin: without Chromium the browser tests are left out, and the last line of the run says so."""

from pathlib import Path

import pytest

from tests.browser.chromium import LEFT_OUT, REQUIRED, find_chromium, is_required
from tests.servers import PROJECT, is_worker

FOLDER = PROJECT / "tests" / "browser"


def pytest_configure(config: pytest.Config) -> None:
    if find_chromium() is None and is_required():
        raise pytest.UsageError(REQUIRED)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    is_browser_test = FOLDER in (collection_path, *collection_path.parents)
    return True if is_browser_test and find_chromium() is None else None


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if find_chromium() is None and not is_required() and not is_worker():
        print(LEFT_OUT)
