"""A shop of its own for the run: servers in a temporary folder, four databases, web server and workers.

`young` is a shop that has sold nothing, `small` one that has sold a little, `grown` one that has sold much, `books` one
with much in its ledger. The web server shows the grown one.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from handlers.translations import compile_translations
from workbench import programs
from workbench.listener import HOST, listen
from workbench.servers.addresses import addresses_in
from workbench.servers.embedded import embedded_servers
from workbench.servers.postgres import make_database
from workbench.servers.process import Child, Program

PROJECT = Path(__file__).resolve().parents[1]
YOUNG, SMALL, GROWN, BOOKS = "bench_young", "bench_small", "bench_grown", "bench_books"
READY_WITHIN_SECONDS = 60


@dataclass(frozen=True)
class Servers:
    """Addresses of the run's servers; `environment` is that of the grown shop's processes."""

    environment: dict[str, str]
    base_url: str
    listener: int
    logs: Path

    @contextmanager
    def web(self) -> Iterator[Child]:
        """Run the web server for the length of the block."""
        program = programs.web(PROJECT, self.environment, self.listener, log=self.logs / "web.log")
        with program.running() as child:
            child.wait_until(self._answers, seconds=READY_WITHIN_SECONDS)
            yield child

    @contextmanager
    def worker(self, processes: int) -> Iterator[Child]:
        """Run a Celery worker with so many processes for the length of the block."""
        program = programs.worker(PROJECT, self.environment, log=self.logs / "worker.log")
        with _with_processes(program, processes).running() as child:
            yield child

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base_url}/readyz", timeout=10) as answer:
                return answer.status == 200
        except OSError:
            return False


@contextmanager
def bench_servers() -> Iterator[Servers]:
    """Start Postgres and Redis with an empty database for the young shop, and name them in the environment.

    Data are safe on disk as in production: a commit waits for it, for the shop as for its references.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="amphi-bench-")))
        addresses = addresses_in(folder / "data")
        stack.enter_context(embedded_servers(addresses))
        make_database(addresses, YOUNG)
        listener = stack.enter_context(listen(0))
        base_url = f"http://{HOST}:{listener.getsockname()[1]}"
        environment = {
            "DJANGO_SETTINGS_MODULE": "project.settings.bench",
            "DATABASE_URL": addresses.database_url_for(YOUNG),
            "REDIS_URL": addresses.redis_url,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "SITE_URL": base_url,
            "EMAIL_URL": "dummymail://",
            "STATIC_FOLDER": str(folder / "static"),
        }
        os.environ.update(environment)
        os.environ.pop("DEBUG", None)
        compile_translations(PROJECT / "locale")
        grown = dict(os.environ) | {"DATABASE_URL": addresses.database_url_for(GROWN)}
        yield Servers(grown, base_url, listener.fileno(), folder)


def memory_megabytes(child: Child) -> float:
    """Return the memory of a program and its children together, in megabytes; shared pages count once (PSS)."""
    kilobytes = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            # In the line of `stat`, behind the name in brackets: state, parent, group, session.
            session = int((process / "stat").read_text().rpartition(")")[2].split()[3])
            if session != child.pid:
                continue
            rollup = (process / "smaps_rollup").read_text()
        except (OSError, ValueError):  # it has just ended
            continue
        kilobytes += next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)
    return kilobytes / 1024


def wait_until(is_so: Callable[[], bool], *, within: float) -> None:
    """Wait until `is_so()`, looking every 20 ms; raise TimeoutError after `within` seconds."""
    deadline = time.monotonic() + within
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Not so after {within:g} s.")
        time.sleep(0.02)


def _with_processes(program: Program, processes: int) -> Program:
    command = list(program.command)
    command[command.index("--concurrency") + 1] = str(processes)
    return replace(program, command=command)
