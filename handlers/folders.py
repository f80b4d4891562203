"""Folders of handlers outside the shop as Python packages. Imported by the settings: knows nothing of Django."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType


def package_for(directory: Path) -> str:
    """Make a package of its own for a folder outside, so that two folders may hold the same names."""
    name = "amphi_handlers_" + hashlib.sha256(str(directory).encode()).hexdigest()[:12]
    if name not in sys.modules:
        package = ModuleType(name, f"Handlers in {directory}")
        package.__path__ = [str(directory)]
        sys.modules[name] = package
    return name


def application(name: str, directories: Iterable[str]) -> str:
    """Return the package of the handler `name` as a Django application: from the first folder that has it, else
    installed under that name."""
    for directory in (Path(each).resolve() for each in directories):
        if (directory / name / "__init__.py").is_file() or (directory / name / "handler.py").is_file():
            return f"{package_for(directory)}.{name}"
    return name
