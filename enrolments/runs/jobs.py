"""The kind of jobs that does an act on many seats."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from enrolments.runs import running
from outbox.jobs.models import Job
from outbox.jobs.registry import Urgency, job_kind


@job_kind(
    running.JOB_KIND,
    label=_("Act on many seats"),
    urgency=Urgency.DELIVERIES,
    time_limit=timedelta(minutes=1),
    on_dead=running.give_up,
)
def act_on_many(job: Job, now: datetime) -> None:
    running.run_step(job, now)
