"""Faults asked for by the environment, put into the process as soon as the applications are loaded."""

from __future__ import annotations

import datetime
import os
import signal
import time
from pathlib import Path

from django.apps import AppConfig

# Names a file with the error of the process's clock, in seconds, which may change at any time.
WRONG_CLOCK = "TRIAL_WRONG_CLOCK"
# Names a file: a process about to ring removes it and is killed.
KILLED_BEFORE_RINGING = "TRIAL_KILLED_BEFORE_RINGING"


class SpoilingConfig(AppConfig):
    name = "tests.trials.killed.spoiling"

    def ready(self) -> None:
        if file := os.environ.get(WRONG_CLOCK):
            go_by_wrong_clock(Path(file))
        if flag := os.environ.get(KILLED_BEFORE_RINGING):
            kill_before_ringing(Path(flag))


def go_by_wrong_clock(file: Path) -> None:
    """Change the time of day as read by Python code of this process: ours, Django's and Celery's."""
    import celery.worker.request
    from django.utils import timezone

    right_now, right_time = timezone.now, time.time

    def wrong_by() -> float:
        return float(file.read_text())

    class WrongDatetime(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
            return datetime.datetime.now(tz) + datetime.timedelta(seconds=wrong_by())

    timezone.now = lambda: right_now() + datetime.timedelta(seconds=wrong_by())
    time.time = lambda: right_time() + wrong_by()
    # Celery decides by this clock whether a message has expired.
    celery.worker.request.datetime = WrongDatetime


def kill_before_ringing(flag: Path) -> None:
    from outbox.jobs.doorbell import Doorbell

    ring = Doorbell.ring

    def ring_or_die(self: Doorbell) -> bool:
        if flag.exists():
            flag.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return ring(self)

    Doorbell.ring = ring_or_die
