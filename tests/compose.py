"""Reading docker-compose.yml as Compose does, and running its services here, without Docker.

The parser is the one inside Playwright's driver: no other requirement reads YAML.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.servers import PROJECT

PARSE = """
const { yaml } = require(process.argv[1] + "/package/lib/utilsBundle.js");
const text = require("fs").readFileSync(0, "utf8");
console.log(JSON.stringify(yaml.parse(text, { merge: true })));
"""
VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>\w+)(?:(?P<operator>:[-?])(?P<rest>[^${}]*))?\}")


class Missing(Exception):
    """Missing variable that docker-compose.yml requires."""


def compose_file(variables: dict[str, str]) -> dict:
    """Return docker-compose.yml as data, with these variables of .env filled in."""
    playwright = find_spec("playwright")
    assert playwright is not None
    assert playwright.origin is not None
    driver = Path(playwright.origin).parent / "driver"
    parsed = subprocess.run(
        [driver / "node", "-e", PARSE, driver],
        input=(PROJECT / "docker-compose.yml").read_text(),
        capture_output=True,
        text=True,
        check=True,
    )
    return _filled_in(json.loads(parsed.stdout), variables)


def read_env(text: str) -> dict[str, str]:
    """Return the variables of a .env file."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def command_of(service: dict) -> list[str]:
    return shlex.split(service["command"])


def environment_of(service: dict, image: Path, variables: dict[str, str]) -> dict[str, str]:
    """Return a container's environment: nothing of this process but the path of the installed packages."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}/usr/bin:/bin",
        "PYTHONPATH": str(image),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/tmp",
        **variables,
        **service["environment"],
    }


def build_image(folder: Path) -> Path:
    """Build the application's files in a folder as the Dockerfile's first stage does after installing packages."""
    image = folder / "app"
    image.mkdir()
    for line in (PROJECT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            _copy(line[1:], image)
    dockerfile = (PROJECT / "Dockerfile").read_text().replace("\\\n", " ")
    (steps,) = re.findall(r"^RUN (export .*SECRET_KEY=.*)$", dockerfile, re.MULTILINE)
    environment = environment_of({"environment": {}}, image, {})
    subprocess.run(["sh", "-c", steps], cwd=image, env=environment, check=True)
    return image


def _copy(name: str, image: Path) -> None:
    source, target = PROJECT / name, image / name
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    else:
        target.parent.mkdir(exist_ok=True)
        shutil.copy(source, target)


def _filled_in(value, variables: dict[str, str]):
    if isinstance(value, dict):
        return {name: _filled_in(each, variables) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled_in(each, variables) for each in value]
    if not isinstance(value, str):
        return value
    # Innermost first: a default may name another variable.
    while VARIABLE.search(value):
        value = VARIABLE.sub(lambda match: _value(match, variables), value)
    return value.replace("$$", "$")


def _value(match: re.Match, variables: dict[str, str]) -> str:
    given = variables.get(match["name"], "")
    if given or match["operator"] is None:
        return given
    if match["operator"] == ":?":
        raise Missing(f"{match['name']} {match['rest']}")
    return match["rest"]
