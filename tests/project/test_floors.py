"""The floors' contract catches an import upwards."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from common.floors import FLOORS
from tests.servers import PROJECT


def lint(house: Path) -> subprocess.CompletedProcess:
    program = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as c; c()"
    return subprocess.run(
        [sys.executable, "-I", "-c", program, "--no-cache"], cwd=house, capture_output=True, text=True
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Our contracts over empty floors."""
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    for floor in FLOORS:
        (tmp_path / floor).mkdir()
        (tmp_path / floor / "__init__.py").touch()
    return tmp_path


def test_imports_downwards_are_kept(house):
    (house / "shop" / "payments.py").write_text("import outbox\nimport handlers\n")

    assert lint(house).returncode == 0


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        ("outbox", "accounts"),
        ("accounts", "enrolments"),
        ("enrolments", "handlers"),
        ("handlers", "shop"),
        ("common", "outbox"),
        ("shop", "project"),
        ("project", "workbench"),
    ],
)
def test_an_import_upwards_is_broken(house, lower, upper):
    (house / lower / "shortcut.py").write_text(f"import {upper}\n")

    done = lint(house)

    assert done.returncode == 1
    assert f"{lower}.shortcut -> {upper}" in done.stdout
