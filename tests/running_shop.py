"""A real shop for end-to-end tests: its own database, web server, worker and beat."""

import os
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2.extras import RealDictCursor

from tests import servers
from tests.databases import make_migrated_database, manage
from tests.patience import PATIENCE_SECONDS
from tests.project.watching.receiver import Receiver, receive
from workbench import programs
from workbench.listener import HOST, listen
from workbench.servers.process import Child
from workbench.supervisor import stop_all


@dataclass(frozen=True)
class RunningShop:
    """A running shop: its URL, its database, its processes by name (`web`, `worker`, `beat`), and the receiver of the
    traces and the reports of errors that these send."""

    base_url: str
    database_url: str
    environment: dict[str, str]
    children: dict[str, Child]
    logs: Path
    watcher: Receiver

    def rows(self, query: str, *parameters: object) -> list[dict]:
        """Return rows of the shop's database, which is not the one of the tests' own connections."""
        connection = psycopg2.connect(self.database_url, cursor_factory=RealDictCursor)
        try:
            with connection.cursor() as cursor:
                cursor.execute(query, parameters)
                return [dict(row) for row in cursor.fetchall()]
        finally:
            connection.close()

    def manage(self, *arguments: str) -> str:
        """Run a command of manage.py on the shop's database and return its output."""
        return manage(self.environment, *arguments)


@contextmanager
def run_shop() -> Iterator[RunningShop]:
    """Run a shop for the length of the block, on the servers of the test run."""
    worker = servers.worker_number()
    addresses = servers.addresses()
    database = f"running_shop_{worker}"
    logs = addresses.data / database
    logs.mkdir(exist_ok=True)
    make_migrated_database(database)
    with ExitStack() as stack:
        listener = stack.enter_context(listen(0))
        watcher = stack.enter_context(receive())
        base_url = f"http://{HOST}:{listener.getsockname()[1]}"
        environment = dict(os.environ) | {
            "DJANGO_SETTINGS_MODULE": "project.settings.test",
            "DATABASE_URL": addresses.database_url_for(database),
            "REDIS_URL": servers.redis_url(servers.FIRST_SHOP_DATABASE + worker),
            "SITE_URL": base_url,
            "MAIL_FOLDER": str(logs / "mail"),
        }
        manage(environment, "seed_demo")
        environment |= {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{watcher.address}",
            "OTEL_BSP_SCHEDULE_DELAY": "200",  # milliseconds until spans are sent
            "SENTRY_DSN": f"http://key@{watcher.address}/1",
        }
        children: dict[str, Child] = {}
        stack.callback(lambda: stop_all(list(children.values())))
        for program in (
            programs.web(servers.PROJECT, environment, listener.fileno(), log=logs / "web.log"),
            programs.worker(servers.PROJECT, environment, log=logs / "worker.log"),
            programs.beat(servers.PROJECT, environment, log=logs / "beat.log"),
        ):
            children[program.name] = program.start()
        children["web"].wait_until(lambda: _answers(base_url), seconds=PATIENCE_SECONDS)
        yield RunningShop(base_url, environment["DATABASE_URL"], environment, children, logs, watcher)


def _answers(base_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base_url}/readyz", timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False
