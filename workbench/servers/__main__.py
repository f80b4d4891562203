"""`python -m workbench.servers COMMAND …`: runs a command against throwaway servers named in its environment.

For tools that need an empty database for a moment. The exit status is the command's.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from workbench.servers.addresses import addresses_in
from workbench.servers.embedded import embedded_servers
from workbench.servers.errors import ServerError
from workbench.servers.postgres import make_database

DATABASE = "amphi"


def main(command: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="amphi-servers-") as folder:
        addresses = addresses_in(Path(folder))
        with embedded_servers(addresses, is_throwaway=True):
            make_database(addresses, DATABASE)
            named = {"DATABASE_URL": addresses.database_url_for(DATABASE), "REDIS_URL": addresses.redis_url}
            return subprocess.run(command, env=os.environ | named).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ServerError as error:
        sys.exit(str(error))
