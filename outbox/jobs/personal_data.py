"""Payloads and errors of jobs that name somebody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from common.personal_data import Person, Record, hold, records
from common.scrubbing import rows_naming, scrub_rows
from outbox.jobs.models import Job, OutsideService

TEXTS = ("payload", "last_error", "dismissed_reason")


def jobs(person: Person) -> Iterator[Record]:
    yield from records(rows_naming(Job.objects.order_by("pk"), *TEXTS, person=person), "created_at", "kind", "state")


def scrub_jobs(person: Person, now: datetime, limit: int) -> int:
    """Scrub jobs that are over, and errors of services; a waiting job works with what it was given."""
    over = Job.objects.exclude(state=Job.State.PENDING)
    count = scrub_rows(over, *TEXTS, person=person, limit=limit)
    count = count or scrub_rows(Job.objects.pending(), "last_error", person=person, limit=limit)
    return count or scrub_rows(OutsideService.objects.all(), "last_error", person=person, limit=limit)


def has_waiting_jobs(person: Person) -> bool:
    return rows_naming(Job.objects.pending(), "payload", person=person).exists()


hold(
    "jobs",
    _("Jobs of the shop that name you"),
    columns={"outbox.job": TEXTS, "outbox.outsideservice": ("last_error",)},
    describe=jobs,
    blank=scrub_jobs,
    waits=has_waiting_jobs,
)
