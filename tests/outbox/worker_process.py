"""A worker in a process of its own, for tests that kill it. Run as a module with the name of its job's behaviour."""

import os
import signal
import sys
import time

import django

django.setup()

from django.db import connection  # noqa: E402

from outbox.registry import job_kind  # noqa: E402
from outbox.services.jobs import run_due_jobs  # noqa: E402


def hang(job, now):
    """Does its work, says so, and never comes to the end."""
    _effect(job.key)
    print("working", flush=True)
    time.sleep(60)


def die(job, now):
    """Ends the process without a word, as running out of memory does."""
    _effect(job.key)
    os.kill(os.getpid(), signal.SIGKILL)


def _effect(what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO outbox_test_effect VALUES (%s)", [what])


job_kind("errand")({"hang": hang, "die": die}[sys.argv[1]])
run_due_jobs()
