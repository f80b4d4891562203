"""The floors' contract catches an import upwards; no modules import each other, and none inside a function."""

import ast
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest

from common.floors import FLOORS
from tests.servers import PROJECT

CONTRACTS = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
# Where a module imports ours inside a function, with the reason.
INSIDE_A_FUNCTION = {
    # Models can be imported only once every application is known, which is when `ready` runs.
    "accounts/apps.py": "ready",
    "billing/apps.py": "ready",
    "catalog/apps.py": "ready",
    "documents/apps.py": "ready",
    "enrolments/apps.py": "ready",
    "handlers/apps.py": "ready",
    "project/apps.py": "ready",
    "shop/apps.py": "ready",
    # Libraries that watch a shop are loaded only where they are configured.
    "project/watching/__init__.py": "begin_tracing",
    "project/watching/page.py": "metrics",
    "project/watching/requests.py": "__init__",
}
# Modules outside of a payment provider's package that name it, with the reason.
NAMED_PROVIDERS = {
    # An order of nothing is settled at once, whichever providers are chosen.
    ("shop.checkout.place", "shop.payments.providers.free"),
    ("shop.orders.claim", "shop.payments.providers.free"),
    # A transfer is confirmed by hand in the administration.
    ("shop.payments.services", "shop.payments.providers.transfer"),
    # A line of a bank statement is a transfer.
    ("shop.payments.statements.deciding", "shop.payments.providers.transfer"),
    # A trial is paid in the shortest way, as a merchant's confirmation would.
    ("shop.trial.services", "shop.payments.providers.transfer"),
}


def lint(house: Path) -> subprocess.CompletedProcess:
    program = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as c; c()"
    return subprocess.run(
        [sys.executable, "-I", "-c", program, "--no-cache"], cwd=house, capture_output=True, text=True
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Our contracts over empty floors, in which the handlers and providers are that a contract names."""
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    named = [name.replace("*", one) for one in ("one", "other") for name in independent()]
    for name in {*FLOORS, *named}:
        folder = tmp_path
        for part in name.split("."):
            folder /= part
            folder.mkdir(exist_ok=True)
            (folder / "__init__.py").touch()
    return tmp_path


def independent() -> list[str]:
    return [name for contract in CONTRACTS if contract["type"] == "independence" for name in contract["modules"]]


def test_imports_downwards_are_kept(house):
    (house / "shop" / "checkout.py").write_text("import outbox\nimport handlers\n")

    done = lint(house)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        ("outbox", "accounts"),
        ("accounts", "documents"),
        ("documents", "billing"),
        ("billing", "enrolments"),
        ("enrolments", "handlers"),
        ("handlers", "shop"),
        ("common", "outbox"),
        ("shop", "project"),
        ("project", "workbench"),
        ("handlers.std_generateseats", "handlers.ext_paperdiploma"),
        ("handlers.specific.one", "handlers.specific.other"),
        ("shop.payments.providers.one", "shop.payments.providers.other"),
    ],
)
def test_an_import_upwards_or_sideways_is_broken(house, lower, upper):
    (house.joinpath(*lower.split(".")) / "shortcut.py").write_text(f"import {upper}\n")

    done = lint(house)

    assert done.returncode == 1
    assert f"{lower}.shortcut -> {upper}" in done.stdout


def test_every_handler_of_ours_is_held_to_it():
    folders = [*(PROJECT / "handlers").glob("std_*"), *(PROJECT / "handlers").glob("ext_*")]

    assert {f"handlers.{folder.name}" for folder in folders} <= set(independent())


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph(*FLOORS, cache_dir=None)


def test_no_modules_import_each_other():
    assert list(circles(imports())) == []


def test_control_a_circle_is_found():
    graph = grimp.ImportGraph()
    for importer, imported in [("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")]:
        graph.add_import(importer=importer, imported=imported)

    assert list(circles(graph)) == [{"b", "c"}]


def circles(graph: grimp.ImportGraph) -> Iterator[set[str]]:
    """Yield every largest set of modules of which each reaches all others by imports."""
    seen: set[str] = set()
    for module in sorted(graph.modules):
        if module in seen:
            continue
        below, above = graph.find_upstream_modules(module), graph.find_downstream_modules(module)
        if both := below & above:
            seen |= both
            yield both | {module}


def test_nothing_names_one_payment_provider_from_outside():
    graph, packages = imports(), "shop.payments.providers"
    named = {
        (importer, imported)
        for provider in graph.find_children(packages)
        for imported in {provider, *graph.find_descendants(provider)}
        for importer in graph.find_modules_that_directly_import(imported)
        # The demo pays at the imaginary bank.
        if not importer.startswith((f"{packages}.", "workbench."))
    }

    assert named == NAMED_PROVIDERS


def test_no_import_of_ours_hides_inside_a_function():
    found = {
        str(file.relative_to(PROJECT)): function
        for floor in FLOORS
        for file in (PROJECT / floor).rglob("*.py")
        if "migrations" not in file.parts
        for function in functions_that_import_ours(ast.parse(file.read_text()))
    }

    assert found == INSIDE_A_FUNCTION


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("def f():\n    from shop.cart import models", ["f"]),
        ("class A:\n    def f(self):\n        import shop", ["f"]),
        ("def f():\n    from . import models", ["f"]),
        ("from shop import cart\ndef f():\n    import json", []),
    ],
)
def test_control_an_import_inside_a_function_is_found(written, found):
    assert list(functions_that_import_ours(ast.parse(written))) == found


def functions_that_import_ours(tree: ast.Module) -> Iterator[str]:
    """Yield the name of each function with an import of a floor, or of a neighbour, in its body."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Import):
                names = [name.name for name in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [FLOORS[0] if node.level else str(node.module)]
            else:
                continue
            if any(name.split(".")[0] in FLOORS for name in names):
                yield function.name
                break
