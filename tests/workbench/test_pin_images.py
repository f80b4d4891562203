"""Digests behind the versions of images."""

from __future__ import annotations

import re

import pytest

from tests.servers import PROJECT
from workbench.pin_images import FILES, NoDigest, digest_from_docker, main, pinned

ONE, OTHER = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"


@pytest.mark.parametrize("name", FILES)
def test_every_image_with_a_version_gets_its_digest(name):
    text = (PROJECT / name).read_text()
    asked = []

    after = pinned(text, lambda image: asked.append(image) or ONE)

    named = re.findall(r"^(?:FROM|\s+image:) (\S+:\d[^\s@]*)", text, re.MULTILINE)
    assert named
    assert asked == named
    assert after.count(ONE) == len(named)
    assert pinned(after, lambda image: OTHER) == after.replace(ONE, OTHER)
    assert pinned(after, lambda image: ONE) == after


def test_the_shops_own_image_is_left_alone():
    assert pinned("  image: amphi\n", lambda image: ONE) == "  image: amphi\n"


@pytest.mark.parametrize(
    ("said", "status"),
    [("", 0), ("latest", 0), (ONE[:-1], 0), (ONE, 1)],
    ids=["nothing", "a word", "too short", "failed"],
)
def test_nothing_is_written_without_every_digest(said, status, tmp_path, monkeypatch, capsys):
    docker = tmp_path / "docker"
    docker.write_text(f"#!/bin/sh\necho '{said}'\nexit {status}\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    before = [(PROJECT / name).read_text() for name in FILES]

    assert main() == 1
    assert "names no digest for python:" in capsys.readouterr().err
    assert [(PROJECT / name).read_text() for name in FILES] == before


def test_without_docker_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NoDigest, match="Docker is not installed"):
        digest_from_docker("redis:7.4.6")
