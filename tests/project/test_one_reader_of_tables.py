"""Tables are read and written in `common/sheets` alone: whatever goes around it is bounded by nothing there, and its
cells may be formulas."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.floors import FLOORS
from tests.servers import PROJECT

LIBRARIES = {"csv", "xlsxwriter", "openpyxl", "python_calamine", "xlrd", "xlwt", "pandas", "tablib", "pyexcel"}
HOME = PROJECT / "common" / "sheets"


def modules() -> Iterator[Path]:
    for floor in FLOORS:
        yield from sorted((PROJECT / floor).rglob("*.py"))


def libraries_in(source: str) -> set[str]:
    """Return the libraries of tables that a module imports, wherever in it."""
    imported: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            imported.add(str(node.module).split(".")[0])
    return imported & LIBRARIES


def test_nothing_else_reads_or_writes_tables():
    found = {
        str(path.relative_to(PROJECT)): libraries
        for path in modules()
        if HOME not in path.parents and (libraries := libraries_in(path.read_text()))
    }

    assert found == {}


def test_control_the_home_of_tables_uses_them():
    used = set().union(*(libraries_in(path.read_text()) for path in HOME.glob("*.py")))

    assert used == {"csv", "xlsxwriter", "python_calamine"}


@pytest.mark.parametrize("line", ["import csv", "from csv import writer", "def f():\n    import openpyxl.styles as s"])
def test_control_an_import_is_found(line):
    assert libraries_in(line)
