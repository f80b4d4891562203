"""Databases with every table in them: migrated once in a test run, then copied for each user of a private one."""

import fcntl
import os
import subprocess
import sys

from tests import servers
from workbench.servers.postgres import make_database

MIGRATED = "migrated"


def make_migrated_database(name: str) -> None:
    """Make a database of that name on the servers of the run, as `migrate` and `createcachetable` leave it."""
    make_database(servers.addresses(), name, template=migrated_database())


def migrated_database() -> str:
    """Return the name of the template, made by the first process that asks; no process may connect to it."""
    folder = servers.addresses().data
    made = folder / f"{MIGRATED}.made"
    with open(folder / f"{MIGRATED}.lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            make_database(servers.addresses(), MIGRATED)
            environment = {"DATABASE_URL": servers.addresses().database_url_for(MIGRATED)}
            for command in ("migrate", "createcachetable"):
                manage(environment, command)
            made.touch()
    return MIGRATED


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Run a command of manage.py with the settings of tests and return its output; raise RuntimeError if it fails."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=servers.PROJECT,
        env=dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "project.settings.test"} | environment,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
