"""Jobs that call payment providers: one kind for each provider, so that a silent one holds up no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from common.words import Text
from outbox.errors import ServiceAway
from outbox.jobs.models import Job
from outbox.jobs.registry import job_kind
from shop.payments.configured.keyed import Keyed
from shop.payments.port import Unreachable

Work = Callable[[Job, datetime], None]


def one_kind_each(
    providers: Iterable[Keyed], kind_of: Callable[[str], str], work: Work, *, label: Text, **options: Any
) -> None:
    """Register a kind of jobs for each provider, named by `kind_of` its name. A provider that does not answer `work` is
    away. Waiting jobs are told with the thing that they are about."""
    for each in providers:
        job_kind(
            kind_of(each.name),
            label=label,
            io=True,
            service=each.name,
            time_limit=timedelta(minutes=1),
            longest_silence=timedelta(minutes=2),
            told_elsewhere=True,
            **options,
        )(_telling_silence(work))


def _telling_silence(work: Work) -> Work:
    @wraps(work)
    def run(job: Job, now: datetime) -> None:
        try:
            work(job, now)
        except Unreachable as silence:
            raise ServiceAway(str(silence)) from silence

    return run
