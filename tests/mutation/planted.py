"""A pytest plugin: a test run in which one module has a fault, as if it stood in the file.

The file itself stays unchanged, for the runs beside this one and for people who edit it meanwhile.
"""

from __future__ import annotations

import importlib.machinery
import json
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import CodeType, ModuleType

PLANTED_VARIABLE = "AMPHI_PLANTED"
# Status of a run in which the fault could not be planted; pytest has no such status.
TOO_LATE = 70


class _Loader(importlib.machinery.SourceFileLoader):
    """Loader of a module from its file's name and another text, without a compiled copy."""

    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self.text = text

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.text, self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def __init__(self, name: str, path: str, text: str) -> None:
        self.name, self.path, self.text = name, path, text

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        places = [str(Path(self.path).parent)] if self.path.endswith("__init__.py") else None
        spec = importlib.machinery.ModuleSpec(
            fullname, _Loader(fullname, self.path, self.text), origin=self.path, is_package=places is not None
        )
        spec.has_location = True
        if places is not None:
            spec.submodule_search_locations = places
        return spec


def plant(*, name: str, path: str, text: str) -> None:
    """Let a module be imported with another text. Raise RuntimeError when the module was imported already."""
    if name in sys.modules:
        raise RuntimeError(f"{name} was imported before a fault could be planted in it.")
    sys.meta_path.insert(0, _Finder(name, path, text))


if PLANTED_VARIABLE in os.environ:
    try:
        plant(**json.loads(Path(os.environ[PLANTED_VARIABLE]).read_text()))
    except RuntimeError as error:
        print(error)
        sys.exit(TOO_LATE)
