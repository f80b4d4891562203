"""The kind of jobs that blanks what is held about a person."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from accounts.privacy import erase
from outbox.jobs.models import Job
from outbox.jobs.registry import job_kind


# A step may read all texts of a large table for the person's address.
@job_kind(
    erase.JOB_KIND, label=_("Erase a person"), time_limit=timedelta(minutes=2), longest_silence=timedelta(minutes=2)
)
def erase_person(job: Job, now: datetime) -> None:
    erase.run_step(job, now)
