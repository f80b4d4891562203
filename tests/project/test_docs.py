"""The documents name files, modules, tests and commands that exist. Their words: `test_words.py`."""

import ast
import re
from collections.abc import Iterator
from textwrap import dedent

import pytest
from django.core.management import get_commands

from common.floors import FLOORS
from tests.servers import PROJECT

# Folders of the repository; a path that begins with any other is not ours.
OURS = "|".join((*FLOORS, "bench", "docs", "locale", "requirements", "static", "templates", "tests"))
DOCUMENTS = sorted(
    {
        *PROJECT.glob("*.md"),
        *(PROJECT / "docs").rglob("*.md"),
        *(file for floor in FLOORS for file in (PROJECT / floor).rglob("*.md")),
    }
)
# Written by a command, and not before.
MADE = {"docs/mutation.md"}

PATH = re.compile(rf"(?<![\w/.~:-])(?:{OURS})/[\w./*<>-]*")
TEST = re.compile(rf"(?<![\w/.~:-])((?:{OURS})/[\w./]+\.py)::(\w+)")
MODULE = re.compile(rf"(?<![\w/.@-])(?:{OURS})(?!\.example\b)(?:\.[A-Za-z_]\w*+)++(?!-)")
EXAMPLE = re.compile(r"^```python.*?\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
TARGET = re.compile(r"(?:`|^|\$ |[A-Z]+=\S+ )make ([a-z-]+)", re.MULTILINE)
COMMAND = re.compile(r"manage\.py ([a-z_]+)")
FILE = re.compile(r"\.(?:css|html|json|md|po|py|sh|toml|txt|webp|yml)$")


def documents(pattern: re.Pattern[str]) -> Iterator[object]:
    """Yield the document and the match, once for each that is found in a document."""
    for document in DOCUMENTS:
        for found in sorted(set(pattern.findall(document.read_text()))):
            named = "::".join(found) if isinstance(found, tuple) else found
            yield pytest.param(document, found, id=f"{document.relative_to(PROJECT)}: {named.splitlines()[0]}")


@pytest.mark.parametrize(("document", "path"), list(documents(PATH)))
def test_a_path_leads_to_something(document, path):
    pattern = re.sub(r"<\w+>", "*", path.rstrip("./-"))

    assert path in MADE or list(PROJECT.glob(pattern))


@pytest.mark.parametrize(("document", "link"), list(documents(LINK)))
def test_a_link_leads_to_something(document, link):
    assert link in MADE or (document.parent / link).exists()


@pytest.mark.parametrize(("document", "test"), list(documents(TEST)))
def test_a_test_is_there(document, test):
    file, name = test

    assert re.search(rf"^ *(def|class) {name}\b", (PROJECT / file).read_text(), re.MULTILINE)


@pytest.mark.parametrize(("document", "name"), list(documents(MODULE)))
def test_a_module_or_what_stands_in_it_exists(document, name):
    assert FILE.search(name) or exists(name)


@pytest.mark.parametrize(("document", "example"), list(documents(EXAMPLE)))
def test_an_example_imports_what_is_there(document, example):
    imported = {
        f"{node.module}.{name.name}"
        for node in ast.walk(ast.parse(dedent(example)))
        if isinstance(node, ast.ImportFrom) and not node.level
        for name in node.names
        if str(node.module).split(".")[0] in FLOORS
    }

    assert {name for name in imported if not exists(name)} == set()


@pytest.mark.parametrize(("document", "target"), list(documents(TARGET)))
def test_make_has_the_target(document, target):
    assert re.search(rf"^{target}:", (PROJECT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize(("document", "command"), list(documents(COMMAND)))
def test_the_command_is_there(document, command):
    assert command in get_commands()


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("common.emails.normalise_email", True),
        ("shop.orders", True),
        ("common.emails.nothing_of_the_kind", False),
        ("common.nothing_of_the_kind", False),
        ("shop.nothing_of_the_kind.models", False),
    ],
)
def test_control_what_exists_is_told_from_what_does_not(name, there):
    assert exists(name) is there


def exists(name: str) -> bool:
    """Tell whether `name` is a module of ours, or a module followed by names that its source mentions."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        path = PROJECT.joinpath(*parts[:count])
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if file.is_file():
            text = file.read_text()
            return all(re.search(rf"\b{part}\b", text) for part in parts[count:])
    return False
