"""The backup of docs/deploy.md brings a whole shop back."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg2
import pytest

from tests import servers
from tests.compose import compose_file
from tests.databases import make_migrated_database, manage
from tests.patience import wait_until
from tests.project.test_compose import FILLED_IN
from workbench.servers.addresses import Addresses, addresses_in
from workbench.servers.binaries import postgres_binaries
from workbench.servers.embedded import embedded_servers
from workbench.servers.postgres import make_database
from workbench.servers.process import Program
from workbench.servers.run_as import user_for

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
CONSTRAINTS = "SELECT conname, contype, convalidated FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
# Next keys of each table.
SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"


def written_in_the_manual(program: str) -> list[str]:
    """Return the options that docs/deploy.md gives to a program."""
    manual = (servers.PROJECT / "docs" / "deploy.md").read_text()
    written = re.findall(rf"postgres {program} --username amphi (?:--dbname amphi )?((?:--[\w=-]+ ?)+)", manual)
    assert written
    assert len(set(written)) == 1
    return written[0].split()


def run(program: str, *arguments: str, stdin=None, stdout=None) -> None:
    where = ["--host", servers.addresses().sockets, "--port", "5432", "--username", "amphi"]
    subprocess.run([postgres_binaries() / program, *where, *arguments], stdin=stdin, stdout=stdout, check=True)


def content_of(database: str) -> dict[str, object]:
    """Return the number and a hash of each table's rows, the constraints and the sequences."""
    connection = psycopg2.connect(servers.addresses().database_url_for(database))
    try:
        with connection.cursor() as cursor:
            cursor.execute(TABLES)
            tables = [name for (name,) in cursor.fetchall()]
            content: dict[str, object] = {}
            for table in tables:
                cursor.execute(f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t')
                content[table] = cursor.fetchone()
            for query in (CONSTRAINTS, SEQUENCES):
                cursor.execute(query)
                content[query] = sorted(cursor.fetchall())
            return content
    finally:
        connection.close()


@pytest.fixture
def seeded() -> str:
    """Make a database with the demo shop and return its name."""
    name = f"backed_up_{servers.worker_number()}"
    make_migrated_database(name)
    manage({"DATABASE_URL": servers.addresses().database_url_for(name)}, "seed_demo")
    return name


def test_a_restored_shop_is_the_shop_that_was_backed_up(seeded, tmp_path: Path):
    backup, restored = tmp_path / "amphi.dump", f"restored_{servers.worker_number()}"
    before = content_of(seeded)

    with open(backup, "wb") as file:
        run("pg_dump", *written_in_the_manual("pg_dump"), seeded, stdout=file)
    make_database(servers.addresses(), restored)
    with open(backup, "rb") as file:
        run("pg_restore", *written_in_the_manual("pg_restore"), "--dbname", restored, stdin=file)

    assert content_of(restored) == before
    assert before["shop_order"][0] > 0
    assert before["enrolments_seat"][0] > 0


# --- To any moment ---


def archive_settings(archive: Path) -> dict[str, str]:
    """Return the settings that docker-compose.yml gives Postgres, for an archive in another folder."""
    _postgres, *options = shlex.split(compose_file(FILLED_IN)["services"]["postgres"]["command"])
    settings = dict(option.split("=", 1) for option in options if option != "-c")
    return settings | {"archive_command": settings["archive_command"].replace("/archive/", f"{archive}/")}


@contextmanager
def cursor_at(addresses: Addresses) -> Iterator[psycopg2.extensions.cursor]:
    connection = psycopg2.connect(addresses.database_url_for("postgres"))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def test_a_shop_comes_back_as_it_was_at_a_moment_between_two_backups():
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="amphi-moments-")))
        folder.chmod(0o755)
        addresses = addresses_in(folder / "servers")
        addresses.data.mkdir()
        server_user = user_for(postgres_binaries(), cluster=addresses.data / "postgres")
        archive = folder / "archive"
        archive.mkdir()
        server_user.own(archive)
        only_postgres = {"with_redis": False, "is_throwaway": True}

        with embedded_servers(addresses, **only_postgres), cursor_at(addresses) as cursor:
            for name, value in archive_settings(archive).items():
                cursor.execute(f"ALTER SYSTEM SET {name} = %s", [value])
        with embedded_servers(addresses, **only_postgres):
            with cursor_at(addresses) as cursor:
                cursor.execute("CREATE TABLE sold (what text)")
                cursor.execute("INSERT INTO sold VALUES ('before the backup')")
            base_backup(addresses, folder / "base.tar")
            with cursor_at(addresses) as cursor:
                cursor.execute("INSERT INTO sold VALUES ('after the backup')")
                cursor.execute("SELECT now()::text")
                (moment,) = cursor.fetchone()
                cursor.execute("DELETE FROM sold")
                cursor.execute("SELECT pg_walfile_name(pg_switch_wal())")
                (last,) = cursor.fetchone()
                wait_until(lambda: (archive / last).exists())

        shutil.rmtree(addresses.data / "postgres")
        (folder / "base.tar").chmod(0o644)
        restore(addresses, server_user, archive, str(folder / "base.tar"), moment)
        with embedded_servers(addresses, **only_postgres), cursor_at(addresses) as cursor:
            cursor.execute("SELECT what FROM sold ORDER BY what")
            found = cursor.fetchall()
            wait_until(lambda: is_open_for_writing(cursor))
            cursor.execute("INSERT INTO sold VALUES ('afterwards')")

    assert found == [("after the backup",), ("before the backup",)]


def test_nothing_is_restored_over_a_database_that_is_there(tmp_path):
    (tmp_path / "PG_VERSION").write_text("18")

    done = subprocess.run(
        ["sh", servers.PROJECT / "deploy" / "postgres" / "restore.sh", "-"],
        env={"PATH": "/usr/bin:/bin", "PGDATA": str(tmp_path)},
        input=b"",
        capture_output=True,
    )

    assert done.returncode == 1
    assert b"is not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["PG_VERSION"]


def base_backup(addresses: Addresses, file: Path) -> None:
    manual = (servers.PROJECT / "docs" / "deploy.md").read_text()
    (options,) = re.findall(r"pg_basebackup --username amphi (.*) > base", manual)
    where = ["--host", addresses.sockets, "--port", "5432", "--username", "amphi"]
    with open(file, "wb") as output:
        subprocess.run([postgres_binaries() / "pg_basebackup", *where, *options.split()], stdout=output, check=True)


def restore(addresses: Addresses, server_user, archive: Path, *arguments: str) -> None:
    """Run the script of docs/deploy.md as Postgres' own user."""
    script = Path(shutil.copy(servers.PROJECT / "deploy" / "postgres" / "restore.sh", archive.parent / "restore.sh"))
    program = Program(
        name="restore.sh",
        command=["sh", script, *arguments],
        folder=archive.parent,
        environment={
            "PATH": os.environ["PATH"],
            "PGDATA": str(addresses.data / "postgres"),
            "ARCHIVE": str(archive),
        },
        server_user=server_user,
        log=archive.parent / "restore.log",
    )
    with program.running() as child:
        assert child.process.wait() == 0, child.last_words()


def is_open_for_writing(cursor: psycopg2.extensions.cursor) -> bool:
    cursor.execute("SELECT pg_is_in_recovery()")
    return cursor.fetchone() == (False,)
