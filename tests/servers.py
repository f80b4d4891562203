"""A pytest plugin: real Postgres and Redis for the length of a test run.

Loaded with `-p` (see pyproject.toml) so that it acts before Django reads its settings. Only the controlling process
starts servers; the workers of pytest-xdist inherit their addresses through the environment, each with a database and a
Redis database of its own. A whole test run started by a test inherits them likewise.
"""

import fcntl
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from handlers.translations import compile_translations
from workbench.servers.addresses import Addresses, addresses_in
from workbench.servers.embedded import embedded_servers
from workbench.servers.errors import ServerError

PROJECT = Path(__file__).resolve().parents[1]
FOLDER_VARIABLE = "AMPHI_TEST_FOLDER"
PREFIX = "amphi-tests-"
# Redis databases 1 … 31 belong to the workers' tests, 32 … 63 to the shops they start.
FIRST_SHOP_DATABASE = 32


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config):
    if FOLDER_VARIABLE not in os.environ:
        _start(early_config)
        os.environ["DATABASE_URL"] = addresses().database_url
    elif not is_worker():
        os.environ["DATABASE_URL"] = addresses().database_url_for(f"run_{os.getpid()}")
    os.environ["REDIS_URL"] = redis_url(worker_number() + 1)
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return twice the number of processors, since a test waits for other processes half of its time.

    Return the number of processors for the ordeal, which measures times. This hook runs before the one of xdist.
    """
    processors = os.cpu_count() or 1
    return processors if config.getoption("--ordeal") else 2 * processors


def addresses() -> Addresses:
    """Return the addresses of the servers of this run."""
    return addresses_in(Path(os.environ[FOLDER_VARIABLE]))


def redis_url(database: int) -> str:
    return f"{addresses().redis_url}?db={database}"


def is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


def worker_number() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def as_at_a_terminal(*dropped: str) -> dict[str, str]:
    """Return the environment without the variables of a test run, and without those that begin as in `dropped`.

    Only the servers' folder is kept, so that a run of pytest in that environment need not start its own.
    """
    added = ("AMPHI_", "PYTEST", *dropped)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(added)}
    return kept | {FOLDER_VARIABLE: os.environ[FOLDER_VARIABLE]}


def _start(config: pytest.Config) -> None:
    stack = ExitStack()
    config.add_cleanup(stack.close)
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    os.environ[FOLDER_VARIABLE] = str(folder)
    compile_translations(PROJECT / "locale")
    try:
        stack.enter_context(embedded_servers(addresses(), is_throwaway=True))
    except ServerError as error:
        raise pytest.UsageError(str(error)) from error


def _sweep() -> None:
    """Remove the folders that killed runs left behind: those whose lock is free."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            with open(folder / "lock", "rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # in use by another run, or just being made
            continue
        shutil.rmtree(folder, ignore_errors=True)
