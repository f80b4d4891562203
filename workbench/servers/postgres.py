"""An embedded PostgreSQL."""

import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2

from workbench.servers.addresses import ROLE, Addresses
from workbench.servers.binaries import postgres_binaries
from workbench.servers.errors import ServerError
from workbench.servers.process import Child, Program
from workbench.servers.run_as import ServerUser

LOCALE = "C.UTF-8"
# After a crash Postgres first replays its journal, on a slow disk for minutes.
READY_WITHIN_SECONDS = 120
# Tests may lose everything with the machine; a developer's demo shop may not.
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


@contextmanager
def running_postgres(
    addresses: Addresses, *, server_user: ServerUser, lock: int, is_throwaway: bool = False
) -> Iterator[Child]:
    """Run Postgres for the length of the block, which begins when Postgres answers; make its files first. Raises
    ServerError.

    The caller owns the data folder's lock, whose descriptor the server keeps open.
    """
    binaries = postgres_binaries()
    cluster = addresses.data / "postgres"
    if not cluster.exists():
        _make_cluster(cluster, binaries, server_user, is_throwaway)
    _refuse_other_version(cluster, binaries)
    (cluster / "postmaster.pid").unlink(missing_ok=True)  # stale: we hold the lock
    settings = {
        "port": "5432",  # the name of the socket, whatever PGPORT says
        "listen_addresses": "",
        "unix_socket_directories": str(addresses.sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "log_min_messages": "warning",
        "timezone": "UTC",
    }
    settings |= THROWAWAY_SETTINGS if is_throwaway else {}
    program = Program(
        name="PostgreSQL",
        command=[
            binaries / "postgres",
            "-D",
            cluster,
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        ],
        folder=addresses.data,
        server_user=server_user,
        log=addresses.data / "postgres.log",
        inherited_files=[lock],
        stop_signal=signal.SIGINT,  # "fast": ends sessions, keeps everything committed
        death_signal=signal.SIGINT,
        patience=20,
    )
    with program.running() as child:
        child.wait_until(lambda: _answers(addresses), seconds=READY_WITHIN_SECONDS)
        yield child


def make_database(addresses: Addresses, name: str, *, template: str = "template0") -> bool:
    """Create a database unless it is there. Returns whether it was made."""
    with _outside_databases(addresses) as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone():
            return False
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return True


def drop_database(addresses: Addresses, name: str) -> None:
    """Remove a database that nobody is connected to, with all its data."""
    with _outside_databases(addresses) as cursor:
        cursor.execute(f'DROP DATABASE "{name}"')


@contextmanager
def _outside_databases(addresses: Addresses) -> Iterator[psycopg2.extensions.cursor]:
    """Yield a cursor outside transactions in another database, for making and removing databases."""
    connection = psycopg2.connect(addresses.database_url_for("postgres"))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def _make_cluster(cluster: Path, binaries: Path, server_user: ServerUser, is_throwaway: bool) -> None:
    """Make the cluster beside its place and move it there when complete, so that a kill in between leaves no half
    cluster."""
    unfinished = cluster.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    server_user.own(unfinished)
    command: list[str | Path] = [
        *(binaries / "initdb", "-D", unfinished, "--username", ROLE, "--auth", "trust"),
        *("--encoding", "UTF8", "--locale", LOCALE, "--no-instructions"),
        *(["--no-sync"] if is_throwaway else []),
    ]
    program = Program(
        name="initdb",
        command=command,
        folder=cluster.parent,
        server_user=server_user,
        log=cluster.parent / "initdb.log",
        death_signal=signal.SIGKILL,
    )
    with program.running() as child:
        status = child.process.wait()
    if status != 0:
        raise ServerError(f"PostgreSQL's data folder could not be made.{child.last_words()}")
    unfinished.rename(cluster)


def _refuse_other_version(cluster: Path, binaries: Path) -> None:
    made_by = (cluster / "PG_VERSION").read_text().strip()
    output = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+)\.", output)
    if found and found.group(1) != made_by:
        raise ServerError(
            f"{cluster} was made by PostgreSQL {made_by}, installed is {found.group(1)}. "
            "Remove the folder to start with fresh demo data."
        )


def _answers(addresses: Addresses) -> bool:
    try:
        psycopg2.connect(addresses.database_url_for("postgres"), connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True
