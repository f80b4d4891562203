"""Acts on many seats: whom they were about, and the reasons that operators gave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from common.personal_data import Person, Record, hold, records
from common.scrubbing import scrub_rows
from enrolments.runs.models import Run, RunRow


def rows(person: Person) -> Iterator[Record]:
    found = RunRow.objects.filter(person_id=person.key).order_by("pk")
    yield from records(found, "run__account__name", "run__act", "course__name", "run__made_at", "run__reason", "step")


def scrub_reasons(person: Person, now: datetime, limit: int) -> int:
    return scrub_rows(Run.objects.exclude(reason=""), "reason", person=person, limit=limit)


hold(
    "acts on many",
    _("Acts on many seats, yours among them"),
    columns={"enrolments.run": ("reason",)},
    describe=rows,
    blank=scrub_reasons,
)
