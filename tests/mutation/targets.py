"""The modules in which faults are planted, found by name and content wherever they lie."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

# The rule. A module of a floor is a target when its own name or a folder it lies in says that it decides or writes …
NAMES = frozenset({"services", "transitions", "guards", "rights", "limits", "pricing"})
# … or when it writes in a transaction, or locks rows, itself.
WRITES = re.compile(r"\btransaction\.atomic\b|\bagain_after_deadlock\b|\bselect_for_update\b")
# Never these: what is shown, read or run once, and what only development uses.
NEVER = frozenset({
    "admin", "checks", "demo", "development", "example", "examples", "management", "migrations", "models", "selectors",
    "settings", "testing", "views", "workbench",
})  # fmt: skip


def floors() -> list[str]:
    """Names of the packages that the shop is made of, as import-linter knows them."""
    with open(PROJECT / "pyproject.toml", "rb") as file:
        return list(tomllib.load(file)["tool"]["importlinter"]["root_packages"])


def sources() -> list[Path]:
    """Every module of the floors but the migrations, relative to the project."""
    found = (path.relative_to(PROJECT) for floor in floors() for path in (PROJECT / floor).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


def targets() -> list[Path]:
    """The modules to plant faults in, relative to the project."""
    return [path for path in sources() if is_target(path, (PROJECT / path).read_text())]


def is_target(path: Path, text: str) -> bool:
    """Whether a module, by its path and text, decides or writes."""
    names = {*path.parts[:-1], path.stem}
    return bool(text.strip()) and not names & NEVER and (bool(names & NAMES) or WRITES.search(text) is not None)


def module_name(path: Path) -> str:
    """The name under which a module is imported."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
