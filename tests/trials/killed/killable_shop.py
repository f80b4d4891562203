"""A shop on servers of its own that may all be killed: web, worker, beat, Redis, Postgres and the mail server."""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg2
from celery import Celery
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connections
from django.db.utils import load_backend
from pytest_django.plugin import DjangoDbBlocker

from outbox.jobs import doorbell
from project.settings.environment import celery_broker, env
from tests import servers
from tests.outbox.mails.smtp_stub import Replies, smtp_server
from tests.patience import PATIENCE_SECONDS
from tests.trials.killed.spoiling.apps import KILLED_BEFORE_RINGING, WRONG_CLOCK
from workbench import programs
from workbench.listener import HOST, listen
from workbench.servers.addresses import Addresses, addresses_in
from workbench.servers.embedded import embedded_servers
from workbench.servers.postgres import make_database
from workbench.servers.process import Child
from workbench.supervisor import stop_all

# Promise of the trials: everything is done within this time after the last blow.
RECOVERED_WITHIN_SECONDS = 30
LOOK_EVERY_SECONDS = 0.05
# A server that is starting may leave a connection unanswered; the next attempt is answered.
CONNECTED_WITHIN_SECONDS = 10
# Characters of a worker's log shown when the worker does not come back.
LAST_WORDS = 8000
# Programs that may end by themselves in all the trials together: more would be a habit.
MOST_ENDS = 2
# Jobs that may wait for another attempt while the next orders are paid.
FEW_JOBS = 10
ATTEMPTS = "SELECT coalesce(sum(attempts), 0) FROM outbox_job"
DATABASE = "killable"
HANDLERS = Path(__file__).parent / "handlers"


@dataclass
class KillableShop:
    """A shop with its address, servers and programs, and the blows against them."""

    addresses: Addresses
    base_url: str
    postgres: Child
    redis: Child
    mail_server: Replies
    blocker: DjangoDbBlocker
    children: dict[str, Child] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)

    @property
    def database_url(self) -> str:
        return self.addresses.database_url_for(DATABASE)

    @property
    def workers_clock(self) -> Path:
        """File with the error of the workers' clock, in seconds."""
        return self.addresses.data / "workers-clock"

    @property
    def flag_for_web(self) -> Path:
        """File that kills the web process which next is about to ring."""
        return self.addresses.data / "flag-for-web"

    @contextmanager
    def at_hand(self) -> Iterator[None]:
        """Let models and services of this process work on the shop, and ring its bell, for the length of the block."""
        ours, bell = connections["default"], doorbell._doorbell
        theirs = {**ours.settings_dict, **env.db_url_config(self.database_url)}
        with self.blocker.unblock():
            connections["default"] = load_backend(theirs["ENGINE"]).DatabaseWrapper(theirs, "default")
            doorbell._doorbell = doorbell.Doorbell(self.celery())
            ContentType.objects.clear_cache()
            try:
                yield
            finally:
                connections["default"].close()
                connections["default"], doorbell._doorbell = ours, bell
                ContentType.objects.clear_cache()

    def celery(self) -> Celery:
        """Return a Celery app that sends messages to the shop's workers."""
        app = Celery("trial", broker=celery_broker(self.addresses.redis_url), set_as_current=False)
        app.conf.task_default_queue = "amphi"
        return app

    def ask(self, query: str) -> list[tuple]:
        """Return rows, over a new connection that no restart of Postgres can have broken."""
        connection = psycopg2.connect(self.database_url, connect_timeout=CONNECTED_WITHIN_SECONDS)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def seconds_until_all_is_done(self, *, since: float) -> float:
        """Wait until no job is left to run; return the seconds from `since`, by the monotonic clock, to that moment."""
        deadline = since + 3 * RECOVERED_WITHIN_SECONDS
        while waiting := self.ask(
            "SELECT key, attempts, due_at - now(), last_error, count(*) OVER () FROM outbox_job"
            " WHERE state = 'pending' ORDER BY due_at LIMIT 3"
        ):
            self.start_again_what_ended()
            assert time.monotonic() < deadline, f"{waiting}\n{self.log_of('worker').read_text()[-LAST_WORDS:]}"
            time.sleep(LOOK_EVERY_SECONDS)
        return time.monotonic() - since

    def wait_until(self, is_so: Callable[[], object], *, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until `is_so()`, starting programs that ended again meanwhile; raise AssertionError after `seconds`."""
        deadline = time.monotonic() + seconds
        while not is_so():
            self.start_again_what_ended()
            assert time.monotonic() < deadline, f"still not so after {seconds} s.{self.postgres.last_words()}"
            time.sleep(LOOK_EVERY_SECONDS)

    def start_again_what_ended(self) -> None:
        """Start programs that ended again, as a supervisor does under `make run` and Docker Compose."""
        for child in self.children.values():
            if not child.is_running:
                self.ended.append(f"{child.program.name} ended by itself.{child.last_words()}")
                assert len(self.ended) <= MOST_ENDS, self.ended
                child.restart()

    def messages(self) -> Counter[str]:
        """Return how often the mail server took each Message-ID."""
        return Counter(map(message_id, list(self.mail_server.taken)))

    @contextmanager
    def worker_is_at_it_afterwards(self) -> Iterator[None]:
        """Wait before the block until the worker has caught up, and after it until a new attempt has begun."""
        self.wait_until(lambda: self._number("SELECT count(*) FROM outbox_job WHERE state = 'pending'") <= FEW_JOBS)
        begun = self._number(ATTEMPTS)
        yield
        self.wait_until(lambda: self._number(ATTEMPTS) > begun)

    def _number(self, query: str) -> int:
        return self.ask(query)[0][0]

    # --- Blows -------------------------------------------------------------------------------------------------------

    def kill_child(self) -> None:
        """Kill one of the worker's processes; its main process starts another."""
        self.wait_until(self._worker_processes)
        kill(random.choice(self._worker_processes()))

    def kill_children(self) -> None:
        """Kill all of the worker's processes but the main one."""
        for child in self._worker_processes():
            kill(child)

    def kill_worker(self) -> None:
        """Kill the worker with all its processes."""
        os.killpg(self.children["worker"].pid, signal.SIGKILL)
        self.children["worker"].restart()

    def kill_main_process(self) -> None:
        """Kill the worker's main process alone: its orphans work on for a moment beside those of the next worker."""
        orphaned = self.children["worker"]
        kill(orphaned.pid)
        self.children["worker"] = orphaned.program.start()
        time.sleep(random.uniform(0, 1))
        orphaned.stop()

    def restart_postgres(self, how: signal.Signals, *, meanwhile: Callable[[], None]) -> None:
        """Stop Postgres and start it again; SIGINT ends every session and then the server, SIGQUIT lets it crash."""
        os.kill(self.postgres.pid, how)
        self.wait_until(lambda: not self.postgres.is_running)
        meanwhile()
        (self.addresses.data / "postgres" / "postmaster.pid").unlink(missing_ok=True)
        self.postgres.restart()
        self.postgres.wait_until(self.has_database, seconds=PATIENCE_SECONDS)

    def set_workers_clock(self, *, wrong_by: timedelta) -> None:
        """Set the clock's error from the next reading on; the file is replaced at once, never read half written."""
        new = self.workers_clock.with_suffix(".new")
        new.write_text(str(wrong_by.total_seconds()))
        new.rename(self.workers_clock)

    @contextmanager
    def web_killed_before_ringing(self) -> Iterator[None]:
        """Kill the web process that commits within the block before it rings."""
        flag = self.flag_for_web
        flag.touch()
        yield
        assert not flag.exists(), "nobody was about to ring"

    def _worker_processes(self) -> list[int]:
        self.start_again_what_ended()
        main = self.children["worker"].pid
        return [int(child) for child in Path(f"/proc/{main}/task/{main}/children").read_text().split()]

    # --- State -------------------------------------------------------------------------------------------------------

    def has_database(self) -> bool:
        try:
            self.ask("SELECT 1")
        except psycopg2.OperationalError:
            return False
        return True

    def is_ready(self) -> bool:
        try:
            with urlopen(f"{self.base_url}/readyz", timeout=10) as answer:
                return answer.status == 200
        except (URLError, OSError):
            return False

    def log_of(self, program: str) -> Path:
        return self.addresses.data / f"{program}.log"


@contextmanager
def run_killable_shop(blocker: DjangoDbBlocker) -> Iterator[KillableShop]:
    """Run a killable shop for the length of the block."""
    addresses = addresses_in(servers.addresses().data / f"killable-{servers.worker_number()}")
    with ExitStack() as stack:
        postgres, redis = stack.enter_context(embedded_servers(addresses, is_throwaway=True))
        make_database(addresses, DATABASE)
        listener = stack.enter_context(listen(0))
        base_url = f"http://{HOST}:{listener.getsockname()[1]}"
        mail_server = stack.enter_context(smtp_server())
        environment = dict(os.environ) | {
            "DJANGO_SETTINGS_MODULE": "tests.trials.killed.settings",
            "DATABASE_URL": addresses.database_url_for(DATABASE),
            "REDIS_URL": addresses.redis_url,
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
            "HANDLER_DIRS": str(HANDLERS),
            "SITE_URL": base_url,
        }
        shop = KillableShop(addresses, base_url, postgres, redis, mail_server, blocker)
        shop.set_workers_clock(wrong_by=timedelta(0))
        web_environment = environment | {KILLED_BEFORE_RINGING: str(shop.flag_for_web)}
        worker_environment = environment | {WRONG_CLOCK: str(shop.workers_clock)}
        # Commits must outlive a crash of the server, though not of the machine.
        shop.ask(f"ALTER DATABASE {DATABASE} SET synchronous_commit = on")
        with shop.at_hand():
            call_command("migrate", verbosity=0)
            call_command("createcachetable", verbosity=0)
        stack.callback(lambda: stop_all(list(shop.children.values())))
        for program in (
            programs.web(servers.PROJECT, web_environment, listener.fileno(), log=shop.log_of("web")),
            programs.worker(servers.PROJECT, worker_environment, log=shop.log_of("worker")),
            programs.beat(servers.PROJECT, environment, log=shop.log_of("beat")),
        ):
            shop.children[program.name] = program.start()
        shop.children["web"].wait_until(shop.is_ready, seconds=PATIENCE_SECONDS)
        yield shop


def kill(process: int) -> None:
    with suppress(ProcessLookupError):  # it may have ended by itself
        os.kill(process, signal.SIGKILL)


def message_id(message: bytes) -> str:
    """Return the Message-ID of a mail as a server took it."""
    return re.search(rb"^Message-ID: (\S+)", message, re.MULTILINE | re.IGNORECASE)[1].decode()
