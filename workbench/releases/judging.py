"""Refusals of migrations that the last release cannot live with, or that stop sales while they run.

Each migration since the last release is written as SQL and read by squawk, which knows the locks of Postgres and what
breaks programs that know nothing of the change. Tables made since the last release may be treated in any way: nobody
uses them yet. Work in Python and rows written in one statement are looked for here: squawk does not tell of them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.db.migrations import Migration, RunPython
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from workbench.releases.last import Release

POSTGRES = "18"
# Rules of squawk about taste, about what `manage.py migrate` does itself (timeouts, indexes begun anew), or about what
# Django writes; every other rule counts.
NOT_ASKED = (
    "ban-char-field",
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-identity",
    "prefer-robust-stmts",
    "prefer-text-field",
    "prefer-timestamp-tz",
    "require-lock-timeout",
    "require-statement-timeout",
    "require-timeout-settings",
)
# Off in squawk unless asked for: constraints and unique indexes that writes of the last release may break.
ALSO_ASKED = "ban-new-write-restriction"
INSTEAD = {
    "adding-required-field": "Give the field a db_default.",
    "adding-not-nullable-field": "Keep the column nullable until no release writes nothing into it.",
    "ban-drop-default": "Give the field a db_default beside its default.",
    "ban-drop-column": "Take the field from the state alone (SeparateDatabaseAndState); drop it a release later.",
    "ban-drop-table": "Take the model from the state alone (SeparateDatabaseAndState); drop it a release later.",
    "renaming-column": "Add a column, write both, and drop the old one in the release after the next.",
    "renaming-table": "Keep the name by Meta.db_table.",
    "changing-column-type": "Add a column of the new type, write both, and drop the old one in a later release.",
    "adding-field-with-default": "Add a nullable column without default, and fill it in batches.",
    "require-concurrent-index-creation": "AddIndexConcurrently, in a migration with atomic = False.",
    "require-concurrent-index-deletion": "RemoveIndexConcurrently, in a migration with atomic = False.",
    "constraint-missing-not-valid": "AddConstraintNotValid, and ValidateConstraint in a migration that follows.",
    "adding-foreign-key-constraint": "Add the constraint NOT VALID by RunSQL; validate it in a migration that follows.",
    "ban-new-write-restriction": "Make sure that each write of the last release passes; excuse it with that reason.",
}
FILL = re.compile(r"\s*(UPDATE|DELETE|INSERT)\b", re.IGNORECASE)
NEW_TABLE = re.compile(r'\s*CREATE TABLE "?(\w+)', re.IGNORECASE)
TABLE = re.compile(r'\b(?:TABLE|ON|UPDATE|INTO|FROM) "?(\w+)', re.IGNORECASE)
NEW_COLUMN = re.compile(r"\bADD COLUMN\b", re.IGNORECASE)
# The time of the statement, the same for all rows that are there.
THIS_MOMENT = re.compile(r"\bADD COLUMN\b[^;]* DEFAULT \(?STATEMENT_TIMESTAMP\(\)", re.IGNORECASE)
EMPTY_REFERENCE = re.compile(r"\bADD COLUMN\b[^;]* NULL CONSTRAINT [^;]*\bREFERENCES\b", re.IGNORECASE)


@dataclass(frozen=True)
class Refusal:
    """A rule that an operation of a migration breaks."""

    migration: str
    operation: str
    rule: str
    why: str
    instead: str

    def __str__(self) -> str:
        told = f"{self.migration}: {self.operation}: {self.why} [{self.rule}]"
        return f"{told}\n    Instead: {self.instead}" if self.instead else told


@dataclass(frozen=True)
class Line:
    """A line of SQL, with the operation that wrote it and the whole statement."""

    text: str
    operation: str
    statement: str


def refusals(release: Release, broken: Iterable[Refusal]) -> list[Refusal]:
    """Return those of the broken rules that the release's note does not excuse."""
    return [refusal for refusal in broken if not release.excused.get(refusal.migration, {}).get(refusal.rule)]


def rules_broken_since(release: Release, loader: MigrationLoader) -> Iterator[Refusal]:
    """Yield what the migrations since a release do wrong, excused or not."""
    tables: set[str] = set()
    state = loader.project_state(sorted(release.migrations.items()))
    for migration in migrations_since(release, loader):
        yield from judge(migration, state, tables)


def judge(migration: Migration, state: ProjectState, tables: set[str]) -> list[Refusal]:
    """Return what a migration does wrong from that state on; bring the state behind it, and add the tables that it
    makes to `tables`.

    `tables` are those made since the last release: nobody uses them yet, and anything may be done to them.
    """
    name = f"{migration.app_label}.{migration.name}"
    lines = list(_sql(migration, state))
    tables |= {made[1] for line in lines if (made := NEW_TABLE.match(line.text))}
    found = [*_read_by_squawk(migration, lines), *_fills(lines)]
    touched = [
        Refusal(name, line.operation, rule, why, instead)
        for line, rule, why, instead in found
        if not ((table := TABLE.search(line.text)) and table[1] in tables)
    ]
    return [*touched, *_python_in_one_transaction(migration)]


def idle_excuses(release: Release, loader: MigrationLoader) -> list[str]:
    """Return the migrations excused by a release's note that do not follow that release."""
    judged = {f"{migration.app_label}.{migration.name}" for migration in migrations_since(release, loader)}
    return sorted(set(release.excused) - judged)


def migrations_since(release: Release, loader: MigrationLoader) -> Iterator[Migration]:
    """Yield each migration that a release does not know, in the order of the graph."""
    graph = loader.graph
    known = {node for app, name in release.migrations.items() for node in graph.forwards_plan((app, name))}
    new = dict.fromkeys(node for leaf in graph.leaf_nodes() for node in graph.forwards_plan(leaf) if node not in known)
    for node in new:
        migration = graph.nodes[node]
        assert isinstance(migration, Migration)
        yield migration


def _sql(migration: Migration, state: ProjectState) -> Iterator[Line]:
    """Yield the lines of a migration's SQL, as `sqlmigrate` writes it, and bring the state behind the migration."""
    with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        migration.apply(state, editor, collect_sql=True)
    operation = ""
    for statement in editor.collected_sql or []:
        if statement.startswith("-- "):
            operation = statement.removeprefix("-- ")
        for line in statement.splitlines():
            yield Line(line, operation, statement)


def _read_by_squawk(migration: Migration, lines: list[Line]) -> Iterator[tuple[Line, str, str, str]]:
    """Yield what squawk finds: the line, the rule, why, and what to do instead."""
    before, after = (["BEGIN;"], ["COMMIT;"]) if migration.atomic else ([], [])
    text = "\n".join([*before, *(line.text for line in lines), *after])
    command = [str(Path(sys.executable).parent / "squawk"), "--reporter", "json", "--pg-version", POSTGRES]
    command += ["--include", ALSO_ASKED, "--exclude", ",".join(NOT_ASKED), "--stdin-filepath", migration.name]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if not done.stdout.startswith("["):
        raise RuntimeError(f"squawk could not read {migration}: {done.stdout}{done.stderr}")
    for told in json.loads(done.stdout):
        line, rule = lines[told["line"] - len(before)], told["rule_name"]
        if not _is_harmless(rule, line.statement):
            yield line, rule, told["message"], INSTEAD.get(rule) or told["help"] or ""


def _is_harmless(rule: str, statement: str) -> bool:
    """Tell whether squawk is too strict with a new column: none of them is written by an older release."""
    if rule == "adding-foreign-key-constraint":
        return EMPTY_REFERENCE.search(statement) is not None
    if rule == "adding-field-with-default":
        return THIS_MOMENT.search(statement) is not None
    return rule == "ban-new-write-restriction" and NEW_COLUMN.search(statement) is not None


def _fills(lines: list[Line]) -> Iterator[tuple[Line, str, str, str]]:
    for line in lines:
        if FILL.match(line.text):
            why = "Rows are written in one statement, which holds their locks until it is done."
            yield line, "filled-in-one-statement", why, "RunPython in batches, with atomic = False."


def _python_in_one_transaction(migration: Migration) -> Iterator[Refusal]:
    name = f"{migration.app_label}.{migration.name}"
    for operation in migration.operations:
        if isinstance(operation, RunPython) and (migration.atomic if operation.atomic is None else operation.atomic):
            why = "Work in Python holds all its locks until it is done."
            instead = "Set atomic = False, and work in batches that each have a transaction."
            yield Refusal(name, operation.describe(), "python-in-one-transaction", why, instead)
