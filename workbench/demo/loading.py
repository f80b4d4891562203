"""Demo data: loaded once in the life of a database."""

from collections.abc import Iterator
from io import StringIO

from django.core.management import call_command
from django.db import connection
from django.utils import translation

from workbench.demo.people import DEMO_PEOPLE, PASSWORD

MARK = "demo data loaded"


def is_demo_due() -> bool:
    """Tell whether this database never got the demo data."""
    return _mark() != MARK


def load_demo() -> None:
    """Load the demo data and note it in the database itself, so that the note lives exactly as long as the data."""
    call_command("seed_demo", stdout=StringIO())
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON DATABASE {connection.ops.quote_name(_name())} IS %s", [MARK])


def introductions() -> Iterator[str]:
    """Yield a line for each person of the demo data: role, address and password.

    In English, like all output of `up`.
    """
    if is_demo_due():
        return
    with translation.override("en"):
        lines = [f"  {person.role!s:<32} {person.email:<32} {PASSWORD}" for person in DEMO_PEOPLE]
    yield from lines


def _mark() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        )
        return cursor.fetchone()[0]


def _name() -> str:
    return str(connection.settings_dict["NAME"])
