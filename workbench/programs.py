"""The three programs of a running shop, in development and in end-to-end tests."""

import signal
import sys
from pathlib import Path

from workbench.servers.process import Program

WORKER_PROCESSES = 2
WEB_PROCESSES = 2
WEB_THREADS = 4
WEB_WORKER = "project.door.worker.DoorWorker"
GRACE_SECONDS = 2
# In a container the user is root, and celery would print a paragraph of warning.
QUIET_ROOT = {"PYTHONWARNINGS": "ignore:You're running the worker"}


def web(
    project: Path, environment: dict[str, str], listener: int, log: Path | None = None, worker: str = WEB_WORKER
) -> Program:
    """Return gunicorn on a socket we already listen on: the port is ours from the first moment, also over restarts.

    `worker` is its worker class.
    """
    return Program(
        name="web",
        command=[
            *(sys.executable, "-m", "gunicorn", "project.wsgi", "--bind", f"fd://{listener}", "--preload"),
            *("--worker-class", worker, "--workers", str(WEB_PROCESSES), "--threads", str(WEB_THREADS)),
            *("--graceful-timeout", str(GRACE_SECONDS), "--log-level", "warning"),
        ],
        folder=project,
        environment=environment,
        log=log,
        inherited_files=[listener],
        death_signal=signal.SIGQUIT,
        patience=GRACE_SECONDS + 2,
    )


def worker(project: Path, environment: dict[str, str], log: Path | None = None) -> Program:
    return Program(
        name="worker",
        command=[
            *(sys.executable, "-m", "celery", "--app", "project", "--quiet", "worker", "--loglevel", "WARNING"),
            *("--concurrency", str(WORKER_PROCESSES), "--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        folder=project,
        environment=environment | QUIET_ROOT,
        log=log,
        # The kernel's signal must end the pool too, and at once: an unfinished job is rolled back and runs again.
        death_signal=signal.SIGQUIT,
        patience=GRACE_SECONDS + 2,
    )


def beat(project: Path, environment: dict[str, str], log: Path | None = None) -> Program:
    return Program(
        name="beat",
        command=[sys.executable, "-m", "celery", "--app", "project", "--quiet", "beat", "--loglevel", "WARNING"],
        folder=project,
        environment=environment,
        log=log,
        death_signal=signal.SIGTERM,
        patience=GRACE_SECONDS,
    )
