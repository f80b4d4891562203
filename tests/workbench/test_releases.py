"""Migrations that the last release cannot live with are refused, each with what to do instead."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models.functions import Lower, Now

from workbench.releases import last
from workbench.releases.judging import Refusal, idle_excuses, judge, migrations_since, refusals, rules_broken_since
from workbench.releases.last import Release, last_release, note_release

# A migration without a transaction is judged outside of one.
pytestmark = pytest.mark.django_db(transaction=True)
TEXT = models.TextField(db_default="", default="")
POSITIVE = models.CheckConstraint(condition=models.Q(quantity__gt=0), name="shop_cartline_of_test")
ONCE = models.UniqueConstraint(fields=["quantity"], name="shop_cartline_once_of_test")
INDEX = models.Index(fields=["quantity"], name="shop_cartline_index_of_test")
NOTE = migrations.CreateModel("noteoftest", [("id", models.BigAutoField(primary_key=True)), ("text", TEXT)])


@pytest.fixture(scope="module")
def loader(django_db_setup: None, django_db_blocker) -> Iterator[MigrationLoader]:
    with django_db_blocker.unblock():
        yield MigrationLoader(connection)


@pytest.fixture(scope="module")
def broken(loader: MigrationLoader, django_db_blocker) -> list[Refusal]:
    """Return all that the migrations since the last release do wrong, excused or not."""
    with django_db_blocker.unblock():
        return list(rules_broken_since(last_release(), loader))


def refused(
    loader: MigrationLoader, *operations: Operation, atomic: bool = False, tables: Collection[str] = ()
) -> list[Refusal]:
    """Judge a migration of the shop with these operations, after all that there are."""
    migration = migrations.Migration("0999_of_test", "shop")
    migration.operations, migration.atomic = list(operations), atomic
    return judge(migration, loader.project_state(), set(tables))


def rules(
    loader: MigrationLoader, *operations: Operation, atomic: bool = False, tables: Collection[str] = ()
) -> set[str]:
    return {refusal.rule for refusal in refused(loader, *operations, atomic=atomic, tables=tables)}


@pytest.mark.parametrize(
    ("rule", "operation"),
    [
        ("adding-required-field", migrations.RunSQL('ALTER TABLE "shop_cart" ADD COLUMN "more" text NOT NULL;')),
        ("ban-drop-default", migrations.AddField("cart", "more", models.TextField(default=""))),
        ("adding-not-nullable-field", migrations.AlterField("cart", "user", models.BigIntegerField(db_default=0))),
        ("ban-drop-column", migrations.RemoveField("cart", "version")),
        ("ban-drop-table", migrations.DeleteModel("cartunit")),
        ("ban-drop-constraint", migrations.RemoveConstraint("cartline", "shop_cartline_quantity_positive")),
        ("renaming-column", migrations.RenameField("cart", "version", "changes")),
        ("renaming-table", migrations.AlterModelTable("cartunit", "shop_unit_of_cart")),
        ("renaming-object", migrations.RunSQL('ALTER TABLE "shop_cart" RENAME CONSTRAINT "one" TO "other";')),
        ("changing-column-type", migrations.AlterField("cart", "version", models.TextField(db_default=""))),
        ("ban-new-write-restriction", AddConstraintNotValid("cartline", POSITIVE)),
        ("constraint-missing-not-valid", migrations.AddConstraint("cartline", POSITIVE)),
        ("ban-new-write-restriction", migrations.AddConstraint("cartline", ONCE)),
        ("disallowed-unique-constraint", migrations.AddConstraint("cartline", ONCE)),
        ("require-concurrent-index-creation", migrations.AddIndex("cartline", INDEX)),
        (
            "adding-field-with-default",
            migrations.AddField(
                "order",
                "lowered",
                models.GeneratedField(expression=Lower("number"), output_field=models.TextField(), db_persist=True),
            ),
        ),
        ("filled-in-one-statement", migrations.RunSQL("UPDATE shop_cart SET version = 0;")),
    ],
)
def test_a_change_that_breaks_or_holds_up_the_last_release_is_refused(loader, rule, operation):
    found = refused(loader, operation)

    assert rule in {refusal.rule for refusal in found}
    assert all("shop.0999_of_test" in str(refusal) and refusal.operation for refusal in found)


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("cart", "more", TEXT),
        migrations.AddField("cart", "at", models.DateTimeField(db_default=Now())),
        migrations.AddField("cart", "maybe", models.TextField(null=True)),
        migrations.AddField("cart", "twin", models.ForeignKey("shop.cart", models.PROTECT, null=True, db_index=False)),
        AddIndexConcurrently("cartline", INDEX),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("cart", "version")]),
    ],
)
def test_a_change_that_the_last_release_does_not_notice_is_not_refused(loader, operation):
    assert refused(loader, operation) == []


def test_a_table_that_the_last_release_does_not_know_may_be_changed_in_any_way(loader):
    index = models.Index(fields=["text"], name="shop_noteoftest_text")
    assert rules(loader, NOTE, migrations.AddIndex("noteoftest", index), atomic=True) == set()

    later = migrations.RunSQL('ALTER TABLE "shop_noteoftest" DROP COLUMN "text";')
    assert rules(loader, later, tables=["shop_noteoftest"]) == set()
    assert rules(loader, later) == {"ban-drop-column"}


def test_what_needs_no_transaction_is_refused_in_one(loader):
    assert "ban-concurrent-index-creation-in-transaction" in rules(
        loader, migrations.RunSQL('CREATE INDEX CONCURRENTLY "of_test" ON "shop_cart" ("version");'), atomic=True
    )
    nothing = migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop)
    assert rules(loader, nothing, atomic=True) == {"python-in-one-transaction"}
    assert rules(loader, nothing) == set()


def test_a_constraint_added_and_validated_apart_breaks_at_most_writes(loader):
    both = (AddConstraintNotValid("cartline", POSITIVE), ValidateConstraint("cartline", POSITIVE.name))
    assert rules(loader, *both) == {"ban-new-write-restriction"}


def test_what_is_excused_with_a_reason_is_not_refused_and_an_idle_excuse_is_told(loader, broken):
    note = last_release()
    name = "shop.0019_money_owed_back"
    assert name in {refusal.migration for refusal in broken}

    excused = Release(
        note.commit, note.migrations, {name: note.excused[name], "shop.0001_initial": {"any": "No more."}}
    )
    assert name not in {refusal.migration for refusal in refusals(excused, broken)}
    assert idle_excuses(excused, loader) == ["shop.0001_initial"]


def test_the_migrations_of_now_let_the_last_release_live(broken):
    assert [str(refusal) for refusal in refusals(last_release(), broken)] == []


def test_only_what_follows_a_release_is_judged(loader):
    newest = Release("of test", dict(loader.graph.leaf_nodes()), {})
    assert list(migrations_since(newest, loader)) == []


def test_a_release_is_noted_without_the_excuses_of_the_one_before(monkeypatch, tmp_path):
    note = tmp_path / "last.toml"
    note.write_text('# Kept.\ncommit = "a"\n[migrations]\nshop = "0001"\n# Gone\n[excused."shop.0002"]\nany = "so"\n')
    monkeypatch.setattr(last, "NOTE", note)

    note_release(commit="b", migrations={"shop": "0002", "accounts": "0001"})

    assert last_release() == Release("b", {"accounts": "0001", "shop": "0002"}, {})
    assert note.read_text().startswith("# Kept.\n\ncommit")
