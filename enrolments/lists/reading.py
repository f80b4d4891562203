"""Rows of a list of people, as typed: plain values, without the database."""

from __future__ import annotations

from dataclasses import dataclass

from common.sheets.tables import Table
from enrolments.lists.columns import Columns, columns_of


@dataclass(frozen=True, kw_only=True)
class PersonRow:
    """One person of a list, as typed; unchecked.

    `line` is the number of the row as a spreadsheet shows it. The texts are single lines without unseen signs, "" where
    the list has none, of at most MOST_LETTERS characters: more than any of them may have to be accepted. `surplus` are
    the cells of the row that stand under no heading: perhaps a separator in a name has shifted it.
    """

    line: int
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    course: str = ""
    role: str = ""
    language: str = ""
    team: str = ""
    surplus: str = ""


def read_people(table: Table, columns: Columns | None = None) -> list[PersonRow]:
    """Return the people of a table, in its order. `columns` are those of `columns_of`, if known already.

    Raises NoAddresses.
    """
    columns = columns or columns_of(table)
    return [PersonRow(line=row.line) for row in table.rows[columns.headings :]]


def role_named(typed: str) -> str | None:
    """Return the code of the role that a cell names in either language, or by itself; "" for an empty cell, None for
    any other text."""
    return typed or ""


def language_named(typed: str) -> str | None:
    """Return the code of the language that a cell names in any language of the shop; "" for an empty cell, None for
    any other text."""
    return typed or ""
