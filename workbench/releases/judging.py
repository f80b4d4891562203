"""Refusals of migrations that the last release cannot live with, or that stop sales while they run.

Each migration since the last release is written as SQL and read by squawk, which knows the locks of Postgres and what
breaks programs that know nothing of the change. Tables made since the last release may be treated in any way: nobody
uses them yet. What SQL does not show, work in Python and rows written in one statement, is looked for here.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
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
NEW_TABLE = re.compile(r"\s*CREATE TABLE\b", re.IGNORECASE)
NEW_COLUMN = re.compile(r"\bADD COLUMN\b", re.IGNORECASE)
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


def refusals(release: Release, loader: MigrationLoader) -> Iterator[Refusal]:
    """Yield what the migrations since a release do wrong and the release's note does not excuse."""
    tables: list[str] = []
    for migration, state in migrations_since(release, loader):
        found, made = judge(migration, state, tables)
        tables += made
        for refusal in found:
            if not release.excused.get(refusal.migration, {}).get(refusal.rule):
                yield refusal


def judge(migration: Migration, state: ProjectState, tables: list[str]) -> tuple[list[Refusal], list[str]]:
    """Return what a migration does wrong from that state on, and the statements that make tables.

    `tables` are such statements of the migrations between the last release and this one.
    """
    name = f"{migration.app_label}.{migration.name}"
    lines = list(_sql(migration, state))
    found = [*_read_by_squawk(migration, lines, tables), *_seen_here(migration, lines)]
    return [Refusal(name, *each) for each in found], [line.statement for line in lines if NEW_TABLE.match(line.text)]


def idle_excuses(release: Release, loader: MigrationLoader) -> list[str]:
    """Return the migrations excused by a release's note that do not follow that release."""
    judged = {f"{migration.app_label}.{migration.name}" for migration, _state in migrations_since(release, loader)}
    return sorted(set(release.excused) - judged)


def migrations_since(release: Release, loader: MigrationLoader) -> Iterator[tuple[Migration, ProjectState]]:
    """Yield each migration that a release does not know, in the order of the graph, with the state before it."""
    graph = loader.graph
    known = {node for app, name in release.migrations.items() for node in graph.forwards_plan((app, name))}
    state = loader.project_state(sorted(release.migrations.items()))
    new = dict.fromkeys(node for leaf in graph.leaf_nodes() for node in graph.forwards_plan(leaf) if node not in known)
    for node in new:
        migration = graph.nodes[node]
        assert isinstance(migration, Migration)
        yield migration, state.clone()
        state = migration.mutate_state(state, preserve=False)


def _sql(migration: Migration, state: ProjectState) -> Iterator[Line]:
    """Yield the lines of a migration's SQL, as `sqlmigrate` writes it."""
    with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        migration.apply(state, editor, collect_sql=True)
    operation = ""
    for statement in editor.collected_sql or []:
        if statement.startswith("-- "):
            operation = statement.removeprefix("-- ")
        for line in statement.splitlines():
            yield Line(line, operation, statement)


Found = tuple[str, str, str, str]


def _read_by_squawk(migration: Migration, lines: list[Line], tables: list[str]) -> Iterator[Found]:
    """Yield what squawk finds; it is told of the tables made since the release, to which anything may be done."""
    made = [line for table in tables for line in table.splitlines()]
    text = "\n".join([*made, *(line.text for line in lines)])
    command = [Path(sys.executable).parent / "squawk", "--reporter", "json", "--pg-version", POSTGRES]
    command += ["--include", ALSO_ASKED, "--exclude", ",".join(NOT_ASKED)]
    command += ["--assume-in-transaction" if migration.atomic else "--no-assume-in-transaction"]
    done = subprocess.run([*command, "--stdin-filepath", migration.name], input=text, capture_output=True, text=True)
    if not done.stdout.startswith("["):
        raise RuntimeError(f"squawk could not read {migration}: {done.stdout}{done.stderr}")
    for told in json.loads(done.stdout):
        at = told["line"] - len(made)
        rule = told["rule_name"]
        if at < 0 or _is_harmless(rule, lines[at].statement):
            continue
        yield lines[at].operation, rule, told["message"], INSTEAD.get(rule) or told["help"] or ""


def _is_harmless(rule: str, statement: str) -> bool:
    """Tell whether only a new column is restricted, which no older release writes, or refers to nothing yet."""
    if rule == "adding-foreign-key-constraint":
        return EMPTY_REFERENCE.search(statement) is not None
    return rule == "ban-new-write-restriction" and NEW_COLUMN.search(statement) is not None


def _seen_here(migration: Migration, lines: list[Line]) -> Iterator[Found]:
    for operation in migration.operations:
        if isinstance(operation, RunPython) and (migration.atomic if operation.atomic is None else operation.atomic):
            why = "Work in Python holds all its locks until it is done."
            instead = "Set atomic = False, and work in batches that each have a transaction."
            yield operation.describe(), "python-in-one-transaction", why, instead
    for line in lines:
        if FILL.match(line.text):
            why = "Rows are written in one statement, which holds their locks until it is done."
            yield line.operation, "filled-in-one-statement", why, "RunPython in batches, with atomic = False."
