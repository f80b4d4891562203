"""Exact images: writes the digest of each image behind its version, in the Dockerfile and docker-compose.yml.

`python -m workbench.pin_images` asks the Docker on this machine, which asks its registry.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
FILES = ("Dockerfile", "docker-compose.yml")
# A name with its version, and a digest written earlier. The shop's own image has no version and is built here.
IMAGE = re.compile(
    r"^(?P<before>\s*(?:FROM|image:)\s+)(?P<image>[a-z][^\s@]*:\d[^\s@]*+)(?:@sha256:[0-9a-f]{64})?", re.MULTILINE
)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class NoDigest(Exception):
    """Docker named no digest for an image."""


def pinned(text: str, digest_of: Callable[[str], str]) -> str:
    """Return a file's text with the digest of each image behind its version, in place of an earlier one."""
    return IMAGE.sub(lambda found: f"{found['before']}{found['image']}@{digest_of(found['image'])}", text)


def digest_from_docker(image: str) -> str:
    """Return the digest of an image for all machines, from its registry. Raises NoDigest."""
    command = ["docker", "buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}", image]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise NoDigest("Docker is not installed on this machine.") from None
    digest = asked.stdout.strip()
    if asked.returncode != 0 or not DIGEST.fullmatch(digest):
        raise NoDigest(f"Docker names no digest for {image}: {asked.stderr.strip() or digest!r}")
    return digest


def main() -> int:
    """Write all digests, or nothing if one is missing. Returns the exit status."""
    try:
        texts = {name: pinned((PROJECT / name).read_text(), digest_from_docker) for name in FILES}
    except NoDigest as error:
        print(error, file=sys.stderr)
        return 1
    for name, text in texts.items():
        (PROJECT / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
