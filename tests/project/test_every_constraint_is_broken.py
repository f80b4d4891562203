"""Every constraint of our own tables has a test that tries to break it with raw SQL.

Constraints are read from the database itself, not from the models: every check, exclusion and unique constraint, every
unique index and every constraint trigger of the tables of our apps' models. `unique=True` and one-to-one columns count:
that a provider's event or an address exists once is a rule of the shop, whoever named the index.

Left out, because no rule of ours is in them: primary keys, NOT NULL, the foreign keys Django names, and the tables
Django makes by itself for many-to-many fields. The `…_check` Django gives a positive number's column is part of the
column's type; such columns are found and attacked here, all in one way.

A test breaks a constraint by `broken("its name")` from `tests.constraints`, with the name written out.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.apps import AppConfig, apps
from django.db import connection
from django.db.models import PositiveBigIntegerField, PositiveIntegerField, PositiveSmallIntegerField

from tests.constraints import broken, copy, run
from tests.factories.catalog import CategoryFactory
from tests.servers import PROJECT

pytestmark = pytest.mark.django_db

POSITIVE = (PositiveIntegerField, PositiveSmallIntegerField, PositiveBigIntegerField)
TESTS = PROJECT / "tests"

CONSTRAINTS = """
SELECT conrelid::regclass::text, conname FROM pg_constraint
WHERE contype IN ('c', 'u', 'x', 't') OR contype = 'f' AND conname !~ '_[0-9a-f]{8}_fk_'
UNION
SELECT indrelid::regclass::text, indexrelid::regclass::text FROM pg_index
WHERE indisunique AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


def is_ours(app: AppConfig) -> bool:
    """Tell whether an app lies in this project: a new app counts from its first migration on."""
    return Path(app.path).parent == PROJECT


def our_models():
    return [model for app in apps.get_app_configs() if is_ours(app) for model in app.get_models()]


def positive_columns() -> list[tuple[str, str]]:
    return [
        (model._meta.db_table, field.column)
        for model in our_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, POSITIVE)
    ]


def check_of(table: str, column: str) -> str:
    """Return the name Postgres gives a column's own check."""
    return f"{table}_{column}_check"


def constraints_in_the_database() -> set[str]:
    tables = {model._meta.db_table for model in our_models()}
    with connection.cursor() as cursor:
        cursor.execute(CONSTRAINTS)
        return {name for table, name in cursor.fetchall() if table in tables}


def names_written_in(source: str) -> set[str]:
    """Return the names given to our `broken` in a source; raise ValueError for a name that is not written out."""
    tree = ast.parse(source)
    if not any(isinstance(node, ast.ImportFrom) and node.module == "tests.constraints" for node in tree.body):
        return set()
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "broken"
    ]
    return {ast.literal_eval(call.args[0]) for call in calls}


def constraints_broken() -> set[str]:
    """Return the constraints named by all other tests, and those tried by the test of positive columns below."""
    by_name = {
        name
        for path in TESTS.rglob("test_*.py")
        if path != Path(__file__)
        for name in names_written_in(path.read_text(encoding="utf-8"))
    }
    return by_name | {check_of(table, column) for table, column in positive_columns()}


def test_every_constraint_has_a_test_that_tries_to_break_it():
    assert sorted(constraints_in_the_database() - constraints_broken()) == []


def test_every_constraint_that_a_test_names_exists():
    assert sorted(constraints_broken() - constraints_in_the_database()) == []


def test_a_new_constraint_without_a_test_is_noticed():
    run("ALTER TABLE shop_cart ADD CONSTRAINT untried_check CHECK (version < 1000000)")
    run("ALTER TABLE shop_cart ADD CONSTRAINT untried_unique UNIQUE (id, token)")
    run("ALTER TABLE shop_cart ADD CONSTRAINT untried_exclusion EXCLUDE USING btree (token WITH =)")
    run("CREATE UNIQUE INDEX untried_index ON shop_cart (lower(token))")

    assert constraints_in_the_database() - constraints_broken() == {
        "untried_check",
        "untried_unique",
        "untried_exclusion",
        "untried_index",
    }


def test_a_name_that_is_not_written_out_is_noticed():
    with pytest.raises(ValueError, match="malformed"):
        names_written_in("from tests.constraints import broken\nwith broken(name):\n    pass")


@pytest.mark.parametrize(("table", "column"), positive_columns())
def test_a_positive_number_is_never_below_zero(table, column):
    twin_with_one_check(table, check_of(table, column))

    with broken(check_of(table, column)):
        run(f'INSERT INTO twin ("{column}") VALUES (-1)')
    run(f'INSERT INTO twin ("{column}") VALUES (0)')


def twin_with_one_check(table: str, check: str) -> None:
    """Make a temporary table with this check as its only constraint, so that a row needs one column."""
    run(f"CREATE TEMPORARY TABLE twin (LIKE {table} INCLUDING CONSTRAINTS) ON COMMIT DROP")
    with connection.cursor() as cursor:
        columns = [field.name for field in connection.introspection.get_table_description(cursor, "twin")]
        cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = 'twin'::regclass AND contype = 'c'")
        others = [name for (name,) in cursor.fetchall() if name != check]
    changes = [f'ALTER "{column}" DROP NOT NULL' for column in columns] + [f"DROP CONSTRAINT {name}" for name in others]
    run("ALTER TABLE twin " + ", ".join(changes))


def test_the_very_constraint_is_asked_for():
    category = CategoryFactory()

    with pytest.raises(AssertionError), broken("catalog_category_not_own_parent"):
        copy("catalog_category", category.pk)


def test_a_statement_that_is_accepted_is_noticed():
    category = CategoryFactory()

    with pytest.raises(pytest.fail.Exception), broken("catalog_category_slug_key"):
        copy("catalog_category", category.pk, slug="another")
