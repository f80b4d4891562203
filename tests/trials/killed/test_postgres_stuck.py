"""Stuck: Postgres"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg2
import pytest

from accounts.browser_sessions.models import BrowserSession
from project.health import FRESH_SECONDS
from tests import servers
from tests.ordeal import Trial
from tests.patience import PATIENCE_SECONDS
from tests.trials.killed.killable_shop import DATABASE, KillableShop
from tests.trials.killed.purchases import Assortment
from tests.trials.killed.visitor import Page, Visitor
from workbench import programs
from workbench.listener import HOST, listen

pytestmark = pytest.mark.xdist_group("killable_shop")

LOCK_SECONDS, STATEMENT_SECONDS, CONNECT_SECONDS = 1, 3, 3
LIMITS = {
    "DATABASE_LOCK_SECONDS": str(LOCK_SECONDS),
    "DATABASE_STATEMENT_SECONDS": str(STATEMENT_SECONDS),
    "DATABASE_PAGE_SECONDS": "6",
}
# Promises of docs/deploy.md, with these limits: our own clock stops two seconds after Postgres should have.
SILENT_SECONDS = STATEMENT_SECONDS + 2 + CONNECT_SECONDS
PROBE_SECONDS = 1.0
# A loaded machine may take so long for an answer that waits for nothing.
SLACK_SECONDS = 4.0
IN_FLIGHT = 8
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass
class ImpatientWeb:
    """A second web server on the killable shop, with short limits; `visitors` have a cart, so each page of theirs reads
    the session."""

    shop: KillableShop
    base_url: str
    code: str
    visitors: list[Visitor]

    def ask(self, act: Callable[[Visitor], Page]) -> list[tuple[int, float]]:
        """Let all visitors act at once; return status and seconds of each answer."""

        def timed(visitor: Visitor) -> tuple[int, float]:
            began = time.monotonic()
            return act(visitor).status, time.monotonic() - began

        with ThreadPoolExecutor(len(self.visitors)) as many:
            return list(many.map(timed, self.visitors))

    def probe(self, path: str) -> tuple[int, float, str]:
        began = time.monotonic()
        page = Visitor(self.base_url).get(path)
        return page.status, time.monotonic() - began, page.body

    def is_ready(self) -> bool:
        try:
            return self.probe("/readyz")[0] == 200
        except OSError:
            return False


@pytest.fixture(scope="module")
def web(killable_shop: KillableShop) -> Iterator[ImpatientWeb]:
    with ExitStack() as stack:
        listener = stack.enter_context(listen(0))
        base_url = f"http://{HOST}:{listener.getsockname()[1]}"
        environment = dict(killable_shop.children["web"].program.environment) | LIMITS | {"SITE_URL": base_url}
        log = killable_shop.addresses.data / "impatient.log"
        child = stack.enter_context(programs.web(servers.PROJECT, environment, listener.fileno(), log=log).running())
        with killable_shop.at_hand():
            code = Assortment().seats.code
        found = ImpatientWeb(killable_shop, base_url, code, [Visitor(base_url) for _ in range(IN_FLIGHT)])
        child.wait_until(found.is_ready, seconds=PATIENCE_SECONDS)
        for visitor in found.visitors:
            # On a loaded machine a page may meet the short limits by itself.
            killable_shop.wait_until(partial(has_filled_cart, visitor, code))
        yield found


def has_filled_cart(visitor: Visitor, code: str) -> bool:
    """Put an entry into the cart; tell whether that was done."""
    return visitor.get(f"/e/{code}/").status == 200 and visitor.post(f"/e/{code}/", quantity="1").path == "/cart/"


@contextmanager
def paused(shop: KillableShop) -> Iterator[None]:
    """Stop every process of Postgres, which then takes connections and answers nothing."""
    main = shop.postgres.pid
    stopped = [main]
    os.kill(main, signal.SIGSTOP)
    try:
        for child in map(int, Path(f"/proc/{main}/task/{main}/children").read_text().split()):
            os.kill(child, signal.SIGSTOP)
            stopped.append(child)
        yield
    finally:
        for process in reversed(stopped):
            os.kill(process, signal.SIGCONT)


def seconds_of_probes(web: ImpatientWeb, *, ready: int, until: float) -> float:
    """Ask both probes until a time of `time.monotonic()`; return the longest wait."""
    time.sleep(FRESH_SECONDS)  # what was found just before is told no more
    waits = []
    while not waits or time.monotonic() < until:
        for path, status in (("/healthz", 200), ("/readyz", ready)):
            answered, seconds, body = web.probe(path)
            assert answered == status, (path, body)
            waits.append(seconds)
        time.sleep(0.2)
    return max(waits)


def statuses(answers: list[tuple[int, float]]) -> set[int]:
    return {status for status, _seconds in answers}


def test_postgres_paused(web: ImpatientWeb, trial: Trial):
    """Postgres paused: every page answers 503 in time, probes within a second, and afterwards all goes on by itself"""
    seconds = trial.size(8, 60)
    answers: list[tuple[int, float]] = []
    with ThreadPoolExecutor(1) as beside, paused(web.shop):
        over_at = time.monotonic() + seconds
        probes = beside.submit(seconds_of_probes, web, ready=503, until=over_at)
        while time.monotonic() < over_at:
            answers += web.ask(lambda visitor: visitor.get("/cart/"))
        slowest_probe = probes.result()
    back = time.monotonic()
    # Each web process refuses connections for two seconds after it gave one up.
    web.shop.wait_until(lambda: web.is_ready() and statuses(web.ask(lambda visitor: visitor.get("/cart/"))) == {200})
    recovered = time.monotonic() - back

    assert statuses(answers) == {503}
    slowest = max(seconds for _status, seconds in answers)
    trial.note("seconds of silence", seconds)
    trial.note("pages asked for meanwhile, all answered by 503", len(answers))
    trial.note("longest answer, s", round(slowest, 1))
    trial.note("longest answer of a probe, ms", round(slowest_probe * 1000))
    trial.note("ready again after, s", round(recovered, 1))
    assert slowest < SILENT_SECONDS + SLACK_SECONDS
    assert slowest_probe < PROBE_SECONDS + SLACK_SECONDS


def test_postgres_locked(web: ImpatientWeb, trial: Trial):
    """A lock on the sessions that stays: pages say that the shop is busy and keep what was typed; probes are content"""
    seconds = trial.size(4, 30)
    table = BrowserSession._meta.db_table
    answers: list[tuple[int, float]] = []
    typing = web.visitors[0]
    typing.get("/checkout/details/")
    with closing(psycopg2.connect(web.shop.database_url)) as connection, connection.cursor() as cursor:
        cursor.execute(f'LOCK TABLE "{table}" IN ACCESS EXCLUSIVE MODE')
        over_at = time.monotonic() + seconds
        typed = typing.post("/checkout/details/", contact_name="Zoé Typed")
        while time.monotonic() < over_at:
            answers += web.ask(lambda visitor: visitor.get("/cart/"))
        slowest_probe = seconds_of_probes(web, ready=200, until=0)

    assert {status for status, _seconds in answers} == {typed.status} == {503}
    assert "The shop is very busy right now" in typed.body
    assert 'name="contact_name" value="Zoé Typed"' in typed.body
    assert TOKEN.search(typed.body)
    assert {status for status, _seconds in web.ask(lambda visitor: visitor.get("/cart/"))} == {200}
    slowest = max(seconds for _status, seconds in answers)
    trial.note("seconds under the lock", seconds)
    trial.note("pages asked for meanwhile, all answered by 503", len(answers))
    trial.note("longest answer, s", round(slowest, 1))
    trial.note("longest answer of a probe, ms", round(slowest_probe * 1000))
    # Eight requests may meet one process of four threads.
    assert slowest < 2 * LOCK_SECONDS + SLACK_SECONDS
    assert slowest_probe < PROBE_SECONDS + SLACK_SECONDS


# --- A full disk ---


@contextmanager
def small_disk(shop: KillableShop) -> Iterator[Path | None]:
    """Give Postgres a disk of its own for carts and temporary files; None where no disk may be mounted."""
    folder = shop.addresses.data / "small-disk"
    folder.mkdir(exist_ok=True)
    owner = (shop.addresses.data / "postgres").stat()
    options = f"size=4m,uid={owner.st_uid},gid={owner.st_gid},mode=700"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True)
    if mounted.returncode != 0:
        yield None
        return
    try:
        shop.ask(f"CREATE TABLESPACE small LOCATION '{folder}'")
        # A page of the table takes a few rows, so that a new one is soon needed.
        shop.ask("ALTER TABLE shop_cart SET (fillfactor = 10)")
        shop.ask("ALTER TABLE shop_cart SET TABLESPACE small")
        shop.ask(f"ALTER DATABASE {DATABASE} SET temp_tablespaces = 'small'")
        yield folder
    finally:
        (folder / "filling").unlink(missing_ok=True)
        shop.ask(f"ALTER DATABASE {DATABASE} RESET temp_tablespaces")
        shop.ask("ALTER TABLE shop_cart RESET (fillfactor)")
        shop.ask("ALTER TABLE shop_cart SET TABLESPACE pg_default")
        end_sessions(shop)  # their temporary files lie on the disk
        shop.ask("DROP TABLESPACE small")
        # Else a crash would be recovered from before, when the disk was there.
        shop.ask("CHECKPOINT")
        subprocess.run(["umount", "--lazy", folder], check=True, capture_output=True)


def fill(folder: Path) -> None:
    """Write until nothing more fits."""
    with open(folder / "filling", "wb", buffering=0) as file:
        for size in (65536, 4096):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue


def end_sessions(shop: KillableShop) -> None:
    """End the connections to the database: new ones have the settings of the database as they are now."""
    shop.ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()"
    )


def test_disk_full(web: ImpatientWeb, trial: Trial):
    """The disk is full: what is read is shown, what is written answers 503, and readyz says so until there is room"""
    shop = web.shop
    with small_disk(shop) as disk:
        if disk is None:
            # No right to mount one: a limit of temporary files stands in for the disk, and is seen by readyz alone.
            shop.ask(f"ALTER DATABASE {DATABASE} SET temp_file_limit = '16kB'")
        end_sessions(shop)
        if disk is not None:
            fill(disk)
        shop.wait_until(lambda: '"writes": "fail"' in web.probe("/readyz")[2], seconds=60)
        read = web.ask(lambda visitor: visitor.get("/cart/"))
        written = []
        if disk is not None:
            newcomers = [Visitor(web.base_url) for _ in range(trial.size(80, 300))]
            for newcomer in newcomers:
                newcomer.get(f"/e/{web.code}/")
                written.append(newcomer.post(f"/e/{web.code}/", quantity="1").status)
                if written[-1] == 503:
                    break
            (disk / "filling").unlink()
        else:
            shop.ask(f"ALTER DATABASE {DATABASE} RESET temp_file_limit")
        end_sessions(shop)
        shop.wait_until(web.is_ready)

    assert {status for status, _seconds in read} == {200}
    assert disk is None or written[-1] == 503, written
    trial.note("the disk", "a file system of 4 MB" if disk else "none may be mounted here: a limit of temporary files")
    trial.note("new carts until one was refused", len(written) if disk else "not tried")
