"""`manage.py starthandler` writes a handler that works, or nothing."""

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from catalog.models.entries import CODE_MAX_LENGTH, CODE_PATTERN, Entry
from handlers import registry
from handlers.skeleton import names
from tests.servers import PROJECT, as_at_a_terminal

LONGEST = "ext_" + "abcdefghi_" * 7 + "abcdef"


@pytest.fixture
def folder(tmp_path, settings):
    settings.HANDLER_DIRS = [str(tmp_path)]
    registry.reset()
    yield tmp_path
    registry.reset()


def start(*arguments, **options):
    said = StringIO()
    call_command("starthandler", *arguments, stdout=said, **options)
    return said.getvalue()


def refusal(*arguments, **options):
    with pytest.raises(CommandError) as refused:
        start(*arguments, **options)
    return str(refused.value)


def run(*command, handlers):
    """Run a command in the project's folder, as at a terminal; fail with its output."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=PROJECT,
        env=as_at_a_terminal() | {"HANDLER_DIRS": str(handlers)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
def test_what_is_written_passes_its_tests_the_linter_and_the_type_checker(folder):
    start("ext_paper_thing")
    start("--specific", "HAB-B0")
    start(LONGEST)

    run("ruff", "check", "--config", "pyproject.toml", str(folder), handlers=folder)
    run("ruff", "format", "--config", "pyproject.toml", "--check", str(folder), handlers=folder)
    run("mypy", *map(str, (folder / "ext_paper_thing", folder / "specific" / "hab_b0")), handlers=folder)
    passed = run(
        "pytest", "-c", "pyproject.toml", "-n0", "-q", "-p", "no:cacheprovider",
        str(folder / "ext_paper_thing"), str(folder / "specific"),
        handlers=folder,
    )  # fmt: skip
    assert " passed" in passed
    assert "failed" not in passed
    for handler in ("ext_paper_thing", "hab_b0"):
        run("manage", "translations", "check", handler, handlers=folder)


def test_an_extension_is_found_and_listed(folder):
    said = start("ext_paper_thing")
    registry.reset()

    assert registry.problems() == []
    assert registry.get_handler("ext_paper_thing") in registry.all_handlers()
    assert f"HANDLER_DIRS={folder} pytest -c pyproject.toml {folder}/ext_paper_thing" in said


def test_a_specific_handler_is_found_by_its_code_and_called_like_it(folder):
    start("--specific", "2026-Hab_B0")
    registry.reset()

    assert registry.problems() == []
    assert registry.specific_for("2026-hab-b0").label == "2026-Hab_B0"
    assert (folder / "specific" / "2026_hab_b0" / "handler.py").is_file()


def test_a_folder_that_the_shop_does_not_look_into_is_told(tmp_path, settings):
    settings.HANDLER_DIRS = []

    said = start("ext_paper_thing", directory=tmp_path)

    assert (tmp_path / "ext_paper_thing" / "handler.py").is_file()
    assert f"once HANDLER_DIRS names the folder {tmp_path}" in said
    assert not [path for path in tmp_path.iterdir() if path.name != "ext_paper_thing"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("std_paper", "std_ is for the handlers that ship"),
        ("std_generateseats", "std_ is for the handlers that ship"),
        ("ext_paperdiploma", "is installed already"),
        ("paper", "is no name for a handler"),
        ("ext_", "is no name for a handler"),
        ("ext_Paper", "is no name for a handler"),
        ("ext__paper", "is no name for a handler"),
        ("ext_paper_", "is no name for a handler"),
        ("ext_papier_fêté", "is no name for a handler"),
        ("ext_paper\n", "is no name for a handler"),
        ("ext_a/../../b", "is no name for a handler"),
        ("../ext_paper", "is no name for a handler"),
        ("ext_a;rm -r", "is no name for a handler"),
        ("ext_" + "a" * 77, "is no name for a handler"),
        ("", "is no name for a handler"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_is_written(folder, name, message):
    assert message in refusal(name)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("code", ["", "-HAB", "_HAB", "HAB B0", "HAB/B0", "../HAB", "HÀB", "HAB\n", "A" * 65])
def test_a_code_that_cannot_be_is_refused_and_nothing_is_written(folder, code):
    assert "is no code of an entry" in refusal(specific=code)
    assert list(folder.iterdir()) == []


def test_codes_and_names_are_as_long_as_an_entry_takes_them():
    assert names.MOST_LETTERS_OF_CODE == CODE_MAX_LENGTH
    assert names.ENTRY_CODE.pattern == CODE_PATTERN.strip("^$")
    assert Entry._meta.get_field("handler").max_length == names.MOST_LETTERS
    assert len(LONGEST) == names.MOST_LETTERS


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda path: path.symlink_to("/nowhere")])
def test_what_is_there_is_left_alone(folder, make):
    there = folder / "ext_paper"
    make(there)

    assert "exists already" in refusal("ext_paper")
    assert list(folder.iterdir()) == [there]
    assert not there.is_dir() or list(there.iterdir()) == []


def test_two_codes_of_one_folder_are_refused(folder):
    start("--specific", "HAB-B0")
    registry.reset()

    assert "is installed already" in refusal(specific="hab_b0")


@pytest.mark.parametrize(("arguments", "options"), [((), {}), (("ext_paper",), {"specific": "HAB"})])
def test_either_a_name_or_a_code_is_wanted(folder, arguments, options):
    assert "Name the extension" in refusal(*arguments, **options)
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    assert "There is no folder" in refusal("ext_paper", directory=tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_leaves_nothing(folder, monkeypatch):
    def fail(locale):
        raise OSError("disk full")

    monkeypatch.setattr("handlers.skeleton.writing.compile_translations", fail)

    assert "disk full" in refusal("ext_paper")
    assert list(folder.iterdir()) == []
