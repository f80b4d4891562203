"""Steps of `manage.py up`, in order, and back again."""

import os
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import OutputWrapper
from django.db import connections
from django.urls import reverse

from handlers.translations import compile_translations
from workbench import programs
from workbench.demo.loading import introductions, is_demo_due, load_demo
from workbench.listener import HOST, listen
from workbench.servers.addresses import Addresses, development_addresses
from workbench.servers.embedded import embedded_servers
from workbench.servers.postgres import drop_database, make_database
from workbench.servers.process import Child, stop_signals_held
from workbench.servers.run_as import die_with_parent
from workbench.stand_ins import vies
from workbench.stand_ins.beside_the_shop import running_beside
from workbench.supervisor import StopRequest, StopRequested, stop_all, stopping_on_signals, watch

DATABASE = "amphi"
READY_WITHIN_SECONDS = 120


class Up:
    """A run of the whole shop, until somebody stops it."""

    def __init__(self, out: OutputWrapper) -> None:
        self.out = out
        self.request = StopRequest()
        self.project = Path(settings.BASE_DIR)

    def run(self, *, port: int) -> None:
        """Run the shop; return when it was stopped and nothing is left running. Raises ServerError when a program
        cannot start."""
        die_with_parent(signal.SIGTERM)
        with stopping_on_signals() as self.request:
            try:
                with ExitStack() as stack:
                    self._run(port, stack)
            except StopRequested:
                self.say("Everything has stopped.")

    def _run(self, port: int, stack: ExitStack) -> None:
        listener = stack.enter_context(listen(port))
        address = f"http://{HOST}:{listener.getsockname()[1]}"
        if not os.environ.get("SITE_URL"):
            # The mails of the demo data are written in this process, and their links must lead to this shop too.
            settings.SITE_URL = address
        servers = self._start_servers(stack)
        with self.step("Translations"):
            compile_translations(self.project / "locale")
        with self.step("Migrations"):
            call_command("migrate", verbosity=0, interactive=False, skip_checks=False)
            call_command("createcachetable", verbosity=0)
        if is_demo_due():
            with self.step("Demo data"):
                load_demo()
        people = list(introductions())
        connections.close_all()
        keys = self._start_stand_ins(stack, address) | self._start_vies(stack)
        children = self._start_programs(stack, listener, address, keys)
        stack.callback(self.say, "Stopping …")
        self._greet(address, people)
        watch([*servers, *children], self.request, self.say)

    def _start_servers(self, stack: ExitStack) -> list[Child]:
        """Start the servers that the environment does not name."""
        wants = {"with_postgres": not os.environ.get("DATABASE_URL"), "with_redis": not os.environ.get("REDIS_URL")}
        if not any(wants.values()):
            return []
        addresses = development_addresses(self.project)
        with self.step("Postgres and Redis"):
            servers = stack.enter_context(embedded_servers(addresses, **wants))
            if wants["with_postgres"]:
                self._make_database(addresses)
        return servers

    def _make_database(self, addresses: Addresses) -> None:
        """Make the database, anew if the demo data were never loaded: a first start that was killed may have left half
        a migration, which no second start gets past.

        Nothing of value is lost: until the demo data are noted as loaded, no page was ever served from there.
        """
        if not make_database(addresses, DATABASE) and is_demo_due():
            connections.close_all()
            drop_database(addresses, DATABASE)
            make_database(addresses, DATABASE)

    def _start_stand_ins(self, stack: ExitStack, address: str) -> dict[str, str]:
        """Start the stand-ins of payment providers; return the settings by which the shop knows them."""
        known: dict[str, str] = {}
        for each in stack.enter_context(running_beside(address)):
            self.say(f"  Stand-in for {each.name} at {each.address}")
            known |= each.settings
        return known

    def _start_vies(self, stack: ExitStack) -> dict[str, str]:
        """Start the stand-in for VIES, unless the environment names another; return the settings that lead there."""
        if "VIES_URL" in os.environ:
            return {}
        return vies.settings(stack.enter_context(vies.running(vies.Vies())))

    def _start_programs(
        self, stack: ExitStack, listener: socket.socket, address: str, stand_ins: dict[str, str]
    ) -> list[Child]:
        environment = os.environ | {"SITE_URL": os.environ.get("SITE_URL") or address} | stand_ins
        children: list[Child] = []
        stack.callback(stop_all, children)
        with self.step("Web server, worker and beat"):
            for program in (
                programs.web(self.project, environment, listener.fileno()),
                programs.beat(self.project, environment),
                programs.worker(self.project, environment),
            ):
                with stop_signals_held():
                    children.append(program.start())
            children[0].wait_until(lambda: self._is_ready(address), seconds=READY_WITHIN_SECONDS)
        return children

    def _greet(self, address: str, people: list[str]) -> None:
        self.say("")
        self.say(f"Amphi is ready: {address}")
        if people:
            self.say(f"Sign in at {address}{reverse('account_login')} as one of the demo people:")
        for line in people:
            self.say(line)
        self.say(f"Every mail it sends: {address}/dev/mail/")
        self.say("Ctrl-C stops everything.")

    def say(self, line: str) -> None:
        self.out.write(line)
        self.out.flush()

    def _is_ready(self, address: str) -> bool:
        self.request.obey()
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=10) as answer:  # noqa: S310 - our own address
                return answer.status == 200
        except OSError:
            return False

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Print the name of a step, and its duration."""
        self.out.write(f"  {name} … ", ending="")
        self.out.flush()
        started = time.monotonic()
        try:
            yield
            self.request.obey()
        except BaseException:
            self.say("")
            raise
        self.say(f"{time.monotonic() - started:.1f} s")
