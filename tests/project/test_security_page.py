"""SECURITY.md: every guard and every test it names exist, and every mistake of older systems has its line."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "SECURITY.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith(("| Threat", "|---"))
]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_line_has_a_threat_a_guard_and_a_test():
    assert len(ROWS) >= 50
    for row in ROWS:
        assert len(row) == 3, row
        what, guards, tests = row
        assert what
        assert quoted(guards), what
        assert quoted(tests), what


@pytest.mark.parametrize("guard", sorted({guard for row in ROWS for guard in quoted(row[1])}))
def test_the_guard_is_there(guard):
    assert (ROOT / guard).is_file()


@pytest.mark.parametrize("test", sorted({test for row in ROWS for test in quoted(row[2])}))
def test_the_test_is_there(test):
    file, name = test.split("::")
    assert (ROOT / file).is_file(), f"{test}: the whole path of the file is wanted"
    tree = ast.parse((ROOT / file).read_text())
    assert name.startswith("test_")
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    "words",
    [
        *(
            "nothing delivered",
            "delivered twice",
            "fifty people",
            "typing their address at checkout",
            "number of an order",
        ),
        *("free, test or foreign method", "quantity below one", "existing person's name or password"),
        *(
            "password in a mail",
            "change by a GET",
            "two people from two tabs",
            "again and again",
            "one customer bought",
        ),
        *("failure told as a success", "Code kept in the database"),
    ],
)
def test_no_mistake_of_older_systems_is_left_out(words):
    assert any(words in row[0] for row in ROWS)


@pytest.mark.parametrize("name", ["production.txt", "development.txt"])
def test_every_dependency_is_locked_by_its_hash(name):
    packages = re.split(r"\n(?=\S)", (ROOT / "requirements" / name).read_text().strip())
    assert len(packages) > 40
    assert [package for package in packages if "==" not in package or "--hash=sha256:" not in package] == []
