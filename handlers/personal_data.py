"""Errors of handlers that name somebody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from common.personal_data import Person, Record, hold, records
from common.scrubbing import rows_naming, scrub_rows
from handlers.models import BrokenHook


def faults(person: Person) -> Iterator[Record]:
    yield from records(rows_naming(BrokenHook.objects.order_by("pk"), "detail", person=person), "last_seen_at")


def scrub_faults(person: Person, now: datetime, limit: int) -> int:
    return scrub_rows(BrokenHook.objects.all(), "detail", person=person, limit=limit)


hold(
    "faults",
    _("Faults of the shop that name you"),
    columns={"handlers.brokenhook": ("detail",)},
    describe=faults,
    blank=scrub_faults,
)
