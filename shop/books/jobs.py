"""The job that makes an export of the books."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from outbox.jobs.models import Job
from outbox.jobs.registry import job_kind
from shop.books import services


def _gave_up(job: Job, now: datetime) -> None:
    services.give_up(export_id=job.payload["export"], now=now)


def _again(job: Job, actor_id: int | None, now: datetime) -> None:
    services.try_again(export_id=job.payload["export"])


@job_kind(
    services.MAKE_EXPORT,
    label=_("Make an export of the books"),
    max_attempts=4,
    time_limit=timedelta(minutes=20),
    longest_silence=timedelta(minutes=5),
    on_dead=_gave_up,
    on_retry=_again,
)
def make_book_export(job: Job, now: datetime) -> None:
    services.make_export(export_id=job.payload["export"], now=now)
