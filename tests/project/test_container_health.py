"""A container that is ill three times in a row ends itself, since Docker starts again what ended and nothing else."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.servers import PROJECT

OBEYS = "sleep 1000"
DOES_NOT_LISTEN = "trap '' TERM; sleep 1000; exit 7"


@contextmanager
def container(program: str) -> Iterator[subprocess.Popen]:
    """Run a first process with one child, as Docker's own does."""
    with subprocess.Popen(["sh", "-c", f"{program}; :"]) as process:
        yield process
        process.kill()


def check(process: subprocess.Popen, folder: Path, *command: str) -> int:
    variables = {"PATH": "/usr/bin:/bin", "FIRST_PROCESS": str(process.pid), "TMPDIR": str(folder)}
    return subprocess.run([PROJECT / "deploy" / "healthy.sh", *command], env=variables).returncode


def test_three_times_in_a_row_end_it(tmp_path):
    with container(OBEYS) as process:
        assert [check(process, tmp_path, "false") for _ in range(2)] == [1, 1]
        assert process.poll() is None
        assert check(process, tmp_path, "false") == 1

        assert process.wait(PATIENCE_SECONDS) != 0


def test_health_in_between_is_a_new_beginning(tmp_path):
    with container(OBEYS) as process:
        for command in ("false", "false", "true", "false", "false"):
            check(process, tmp_path, command)

        assert process.poll() is None
        assert check(process, tmp_path, "true") == 0


def test_what_does_not_end_when_asked_is_made_to(tmp_path):
    with container(DOES_NOT_LISTEN) as process:
        for _ in range(3):
            check(process, tmp_path, "false")
        assert process.poll() is None
        check(process, tmp_path, "false")

        assert process.wait(PATIENCE_SECONDS) == 7


@pytest.mark.parametrize("argument", ["a b", "*", "$HOME"])
def test_the_command_is_run_as_it_stands(tmp_path, argument):
    with container(OBEYS) as process:
        assert check(process, tmp_path, "test", argument, "=", argument) == 0
