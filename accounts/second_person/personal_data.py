"""Values typed into acts that wait, or waited, for a second person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.second_person.models import Approval
from common.personal_data import Person, Record, hold, records
from common.scrubbing import rows_naming, scrub_rows


def acts(person: Person) -> Iterator[Record]:
    yield from records(rows_naming(Approval.objects.order_by("pk"), "values", person=person), "asked_at", "kind")


def scrub_acts(person: Person, now: datetime, limit: int) -> int:
    return scrub_rows(Approval.objects.all(), "values", person=person, limit=limit)


hold(
    "acts of staff",
    _("Acts of staff that name you"),
    columns={"accounts.approval": ("values",)},
    describe=acts,
    blank=scrub_acts,
)
