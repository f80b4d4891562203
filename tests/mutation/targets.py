"""Modules in which faults are planted, found by name and content wherever they lie."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

# A module of a floor is a target when its own name or a folder of its path says that it decides or writes …
NAMES = frozenset({"services", "transitions", "guards", "rights", "limits", "pricing"})
# … or when its text writes in a transaction or locks rows.
WRITES = re.compile(r"\btransaction\.atomic\b|\bagain_after_deadlock\b|\bselect_for_update\b")
# Never targets: modules that show, read or run once, and those of development alone.
NEVER = frozenset({
    "admin", "checks", "demo", "development", "example", "examples", "management", "migrations", "models", "selectors",
    "settings", "testing", "views", "workbench",
})  # fmt: skip


def floors() -> list[str]:
    """Return the names of the packages of the shop, as import-linter knows them."""
    with open(PROJECT / "pyproject.toml", "rb") as file:
        return list(tomllib.load(file)["tool"]["importlinter"]["root_packages"])


def sources() -> list[Path]:
    """Return every module of the floors but the migrations, relative to the project."""
    found = (path.relative_to(PROJECT) for floor in floors() for path in (PROJECT / floor).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


def targets() -> list[Path]:
    """Return the modules to plant faults in, relative to the project."""
    return [path for path in sources() if is_target(path, (PROJECT / path).read_text())]


def is_target(path: Path, text: str) -> bool:
    """Tell whether a module, by its path and text, decides or writes."""
    names = {*path.parts[:-1], path.stem}
    return bool(text.strip()) and not names & NEVER and (bool(names & NAMES) or WRITES.search(text) is not None)


def module_name(path: Path) -> str:
    """Return the name under which a module is imported."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
