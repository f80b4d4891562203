"""What the environment asks for is done to the process as soon as the applications are loaded."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from django.apps import AppConfig

# Seconds by which the clock of the process is wrong.
CLOCK_IS_WRONG_BY = "TRIAL_CLOCK_IS_WRONG_BY"
# A file: a process that is about to ring removes it and is killed.
KILLED_BEFORE_RINGING = "TRIAL_KILLED_BEFORE_RINGING"


class SpoilingConfig(AppConfig):
    name = "tests.trials.killed.spoiling"

    def ready(self) -> None:
        if wrong_by := float(os.environ.get(CLOCK_IS_WRONG_BY, "0")):
            set_clock_wrong(wrong_by)
        if flag := os.environ.get(KILLED_BEFORE_RINGING):
            kill_before_ringing(Path(flag))


def set_clock_wrong(seconds: float) -> None:
    """The time of day as Python code of this process reads it: ours, Django's and Celery's."""
    import datetime
    import time

    import celery.worker.request
    from django.utils import timezone

    wrong_by = datetime.timedelta(seconds=seconds)
    right_now, right_time = timezone.now, time.time

    class WrongDatetime(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.datetime.now(tz) + wrong_by

    timezone.now = lambda: right_now() + wrong_by
    time.time = lambda: right_time() + seconds
    # By this one Celery decides whether a message has expired.
    celery.worker.request.datetime = WrongDatetime


def kill_before_ringing(flag: Path) -> None:
    from outbox.services.doorbell import Doorbell

    ring = Doorbell.ring

    def ring_or_die(self: Doorbell) -> bool:
        if flag.exists():
            flag.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return ring(self)

    Doorbell.ring = ring_or_die
