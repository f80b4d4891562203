"""docs/handlers.md, followed to the letter: its files written, its commands run, in the order they stand there."""

import re
import shlex
import subprocess
import tomllib
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from inspect import isfunction
from pathlib import Path
from typing import Any

import pytest

from handlers.contract import Handler
from handlers.discovery import ENTRY_POINT_GROUP
from tests.servers import as_at_a_terminal

PROJECT = Path(__file__).resolve().parents[2]
PAGE = (PROJECT / "docs" / "handlers.md").read_text()
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MARK = "END-OF-THE-BLOCK"


def script():
    """Return the whole page as one shell script; its files lie in the folder that the page exports."""
    steps = ["set -eu"]
    for language, path, text in BLOCK.findall(PAGE):
        if language == "console":
            steps += [line.removeprefix("$ ") for line in text.splitlines()]
        elif path:
            target = f'"$HANDLER_DIRS"/{shlex.quote(path)}'
            steps += [f'mkdir -p "$(dirname {target})"', f"cat > {target} <<'{MARK}'\n{text}{MARK}"]
    return "\n".join(steps)


@pytest.mark.long
def test_whoever_follows_the_page_to_the_letter_arrives(tmp_path):
    environment = as_at_a_terminal("HANDLER_DIRS", "DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL", "DEBUG")

    done = subprocess.run(
        ["bash", "-c", script()],
        cwd=PROJECT,
        env=environment | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"\d+ passed", done.stdout)) == 3
    packaged = tmp_path / "amphi-handlers" / "amphi-welcomecall"
    [(name, value)] = tomllib.loads((packaged / "pyproject.toml").read_text())["project"]["entry-points"][
        ENTRY_POINT_GROUP
    ].items()
    point = EntryPoint(name=name, value=value, group=ENTRY_POINT_GROUP)
    assert (packaged / point.module.replace(".", "/")).with_suffix(".py").is_file()
    assert (packaged / name / "locale" / "fr" / "LC_MESSAGES" / "django.mo").is_file()


def test_the_upgrade_that_is_shown_works():
    blocks = [text for language, path, text in BLOCK.findall(PAGE) if language == "python" and not path]
    [shown] = [text for text in blocks if "def upgrade" in text]
    names = {"Handler": Handler, "Mapping": Mapping, "Any": Any}
    exec(f"class Upgraded(Handler):\n{shown}", names)

    assert names["Upgraded"]().upgrade({"mailbox": "calls@example.org", "own": 1}, 1) == {
        "desk": "calls@example.org",
        "own": 1,
    }
    assert names["Upgraded"]().upgrade({"desk": "calls@example.org"}, 2) == {"desk": "calls@example.org"}


def test_every_hook_is_told_of():
    hooks = [name for name, value in vars(Handler).items() if isfunction(value)]

    assert [name for name in hooks if not re.search(rf"^\|.*`{name}\(", PAGE, re.MULTILINE)] == []


def test_its_links_lead_somewhere():
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", PAGE, re.M)
    }

    assert {link for link in re.findall(r"\]\(#([^)]+)\)", PAGE) if link not in headings} == set()
