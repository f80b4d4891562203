"""The programs of the last release, taken out of the repository."""

from __future__ import annotations

import fcntl
import importlib.util
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

from handlers.translations import compile_translations
from tests import servers
from workbench.releases.last import last_release


def last_programs() -> Path:
    """Return the folder with the last release's files, laid there once in a test run.

    Fails where the repository does not hold that commit: without it nobody knows whether an update loses sales.
    """
    folder = servers.addresses().data / "last-release"
    with open(folder.with_suffix(".lock"), "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unpacked = folder.with_suffix(".new")
            with tarfile.open(fileobj=io.BytesIO(_archive(last_release().commit))) as archive:
                archive.extractall(unpacked, filter="data")
            compile_translations(unpacked / "locale")
            unpacked.rename(folder)
    return folder


def _archive(commit: str) -> bytes:
    # Another user's clone, as in a container, is read all the same.
    git = ["git", "-c", f"safe.directory={servers.PROJECT}", "archive", "--format=tar", commit]
    done = subprocess.run(git, cwd=servers.PROJECT, capture_output=True)
    if done.returncode != 0:
        pytest.fail(
            f"The last release, commit {commit} of workbench/releases/last.toml, is not in this clone; a shallow clone "
            f"is made whole by `git fetch --unshallow`. git says: {done.stderr.decode().strip()}",
            pytrace=False,
        )
    return done.stdout


def at_home(folder: Path, environment: dict[str, str]) -> dict[str, str]:
    """Return an environment in which Python finds the modules of a release's folder first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return kept | {"DJANGO_SETTINGS_MODULE": "project.settings.test", "PYTHONPATH": str(folder)} | environment


def run(folder: Path, environment: dict[str, str], *command: str) -> str:
    """Run Python with the modules of a release and return its output; raise AssertionError if it fails."""
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=at_home(folder, environment), capture_output=True, text=True
    )
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout[-8000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def visitor_module(folder: Path) -> ModuleType:
    """Return the module whose `Visitor` fills in the pages of a release, as that release wrote it."""
    name = f"visitor_of_{folder.name.replace('-', '_')}"
    spec = importlib.util.spec_from_file_location(name, folder / "tests/trials/killed/visitor.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
