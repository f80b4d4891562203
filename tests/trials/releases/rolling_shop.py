"""A shop in the middle of an update: programs of two releases on one database and one Redis."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import psycopg2

from tests import servers
from tests.patience import wait_until
from tests.trials.releases.last_programs import at_home, last_programs, run, visitor_module
from workbench import programs
from workbench.listener import HOST, listen
from workbench.servers.postgres import make_database
from workbench.servers.process import Child
from workbench.supervisor import stop_all

DATABASE = "rolling_shop"
# The last of Redis's 64 databases; running shops count from 32 upwards.
REDIS_DATABASE = 63


@dataclass
class Side:
    """One release: its folder, the address of its pages, and its running programs."""

    name: str
    folder: Path
    environment: dict[str, str]
    base_url: str
    listener: int
    logs: Path
    pages: ModuleType
    web_worker: str
    children: dict[str, Child] = field(default_factory=dict)

    def manage(self, *arguments: str) -> str:
        return run(self.folder, self.environment, "manage.py", *arguments)

    def start(self, *names: str) -> None:
        """Start programs of this release, `web`, `worker` or `beat`, and wait until its pages are there."""
        environment = at_home(self.folder, self.environment)
        for name in names:
            log = self.logs / f"{self.name}-{name}.log"
            if name == "web":
                program = programs.web(self.folder, environment, self.listener, log=log, worker=self.web_worker)
            else:
                program = getattr(programs, name)(self.folder, environment, log=log)
            self.children[name] = program.start()
        if "web" in names:
            wait_until(self._answers, told=self.log)

    def stop(self, *names: str) -> None:
        stop_all([self.children.pop(name) for name in names])

    def visitor(self) -> object:
        """Return somebody before this release's pages, who knows how to fill them in."""
        return self.pages.Visitor(self.base_url)

    def log(self) -> str:
        return "".join(log.read_text()[-4000:] for log in sorted(self.logs.glob(f"{self.name}-*.log")))

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base_url}/healthz", timeout=10) as answer:
                return answer.status == 200
        except OSError:
            return False


@dataclass(frozen=True)
class RollingShop:
    last: Side
    this: Side
    database_url: str

    def ask(self, query: str) -> list[tuple]:
        connection = psycopg2.connect(self.database_url)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchall()
        finally:
            connection.close()

    def status(self, order_path: str) -> str:
        token = order_path.strip("/").split("/")[-1]
        return self.ask(f"SELECT status FROM shop_order WHERE token = '{token}'")[0][0]

    def wait_for(self, *order_paths: str) -> None:
        """Wait until these orders are delivered."""
        wait_until(lambda: {self.status(path) for path in order_paths} == {"completed"}, told=self._waiting)

    def _waiting(self) -> object:
        logs = f"{self.last.log()}\n{self.this.log()}"
        return self.ask("SELECT key, state, attempts, last_error FROM outbox_job WHERE state <> 'done'"), logs


@contextmanager
def rolling_shop() -> Iterator[RollingShop]:
    """Make a shop of the last release with the demo's year of orders; no program runs yet."""
    logs = servers.addresses().data / DATABASE
    logs.mkdir(exist_ok=True)
    make_database(servers.addresses(), DATABASE)
    database_url = servers.addresses().database_url_for(DATABASE)
    with ExitStack() as stack:
        sides = []
        for name, folder in (("last", last_programs()), ("this", servers.PROJECT)):
            listener = stack.enter_context(listen(0))
            base_url = f"http://{HOST}:{listener.getsockname()[1]}"
            environment = {
                "DATABASE_URL": database_url,
                "REDIS_URL": servers.redis_url(REDIS_DATABASE),
                "SITE_URL": base_url,
                "MAIL_FOLDER": str(logs / "mail"),
            }
            pages = visitor_module(folder)
            worker = "gthread" if name == "last" else programs.WEB_WORKER
            sides.append(Side(name, folder, environment, base_url, listener.fileno(), logs, pages, worker))
        last, this = sides
        stack.callback(lambda: stop_all([*last.children.values(), *this.children.values()]))
        for command in ("migrate", "createcachetable", "seed_demo"):
            last.manage(command)
        yield RollingShop(last, this, database_url)
