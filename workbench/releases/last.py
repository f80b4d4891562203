"""The note of the last release, `last.toml`: its commit, its newest migrations, and the migrations that are excused."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

NOTE = Path(__file__).parent / "last.toml"
Migrations = dict[str, str]
# Reasons by rule, by migration (`app.name`).
Excuses = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Release:
    """A release: the commit it was built from, and the name of its newest migration of each app."""

    commit: str
    migrations: Migrations
    excused: Excuses


def last_release() -> Release:
    note = tomllib.loads(NOTE.read_text())
    return Release(note["commit"], note["migrations"], note.get("excused", {}))


def note_release(*, commit: str, migrations: Migrations) -> None:
    """Write a release down as the last one; excuses of its migrations are forgotten, the comment at the top stays."""
    comment = list(takewhile(lambda line: line.startswith("#"), NOTE.read_text().splitlines()))
    named = [f'{app} = "{name}"' for app, name in sorted(migrations.items())]
    NOTE.write_text("\n".join([*comment, "", f'commit = "{commit}"', "", "[migrations]", *named, ""]))
