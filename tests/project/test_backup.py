"""The backup of docs/deploy.md brings a whole shop back."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import psycopg2
import pytest

from tests import servers
from tests.databases import make_migrated_database, manage
from workbench.servers.binaries import postgres_binaries
from workbench.servers.postgres import make_database

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
