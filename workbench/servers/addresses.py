"""Addresses of embedded servers: the folders of their data and sockets. Names alone: nothing is started or created
here."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

# A Unix socket's path has at most 107 bytes; the longest name in the folder is Postgres' lock file.
LONGEST_SOCKET_PATH = 107
LONGEST_NAME = len("/.s.PGSQL.5432.lock")
ROLE = "amphi"


@dataclass(frozen=True)
class Addresses:
    """A folder of data, the folder of its sockets, and the addresses of both servers.

    The socket folder lies in the data folder when its path is short enough, else in the machine's temporary folder
    under a name derived from the data folder and the user, so that every process finds one folder.
    """

    data: Path
    sockets: Path

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def database_url(self) -> str:
        return self.database_url_for("amphi")

    def database_url_for(self, name: str) -> str:
        return f"postgres://{ROLE}@:5432/{name}?host={quote(str(self.sockets), safe='/')}"

    @property
    def redis_url(self) -> str:
        return f"unix://{quote(str(self.redis_socket), safe='/')}"


def addresses_in(data: Path) -> Addresses:
    data = data.resolve()
    sockets = data / "sockets"
    if len(os.fsencode(sockets)) + LONGEST_NAME > LONGEST_SOCKET_PATH:
        digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
        sockets = Path(tempfile.gettempdir()) / f"amphi-{os.getuid()}-{digest}"
    return Addresses(data=data, sockets=sockets)


def development_addresses(project: Path) -> Addresses:
    """Return the addresses of the servers of `make run` in this clone. The environment may name another folder for
    their data."""
    return addresses_in(Path(os.environ.get("AMPHI_DATA") or project / ".data"))
