"""Kinds of jobs of the shop, and their functions."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from outbox.jobs.models import Job
from outbox.jobs.registry import Urgency, job_kind
from shop.orders import fulfilment


@job_kind(
    fulfilment.JOB_KIND,
    label=_("Deliver a line of an order"),
    max_attempts=8,
    urgency=Urgency.DELIVERIES,
    on_dead=fulfilment.attempts_used_up,
    on_retry=fulfilment.job_brought_back,
    told_elsewhere=True,
)
def fulfil_line(job: Job, now: datetime) -> None:
    fulfilment.fulfil_line(line_id=job.payload["line"], now=now)
