"""Demo data: loaded once in the life of a database."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

from django.core.management import call_command
from django.db import connection

MARK = "demo data loaded"
COMMAND = "shop.management.commands.seed_demo"
PEOPLE = "shop.demo.people"


def is_demo_due() -> bool:
    """Whether this database never got the demo data, and there are some."""
    return _exists(COMMAND) and _mark() != MARK


def load_demo() -> None:
    """Loads them and notes it in the database itself, so that the note lives exactly as long as the data."""
    call_command("seed_demo", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON DATABASE {connection.ops.quote_name(_name())} IS %s", [MARK])


def introductions() -> Iterator[str]:
    """A line for each person of the demo data: who it is, the address and the password to sign in with."""
    if not _exists(PEOPLE) or _mark() != MARK:
        return
    for person in import_module(PEOPLE).DEMO_PEOPLE:
        yield f"  {person.role!s:<40} {person.email:<40} {person.password}"


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _mark() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        )
        return cursor.fetchone()[0]


def _name() -> str:
    return str(connection.settings_dict["NAME"])
