"""Secret links to a person's calendars."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from common.personal_data import Person, Record, hold, records
from enrolments.calendar.models import CalendarLink


def links(person: Person) -> Iterator[Record]:
    rows = CalendarLink.objects.filter(person_id=person.key).order_by("pk")
    yield from records(rows, "account__name", "made_at")


def end_links(person: Person, now: datetime, limit: int) -> int:
    return CalendarLink.objects.filter(person_id=person.key).delete()[0]


hold("calendars", _("Your calendar links"), columns={}, describe=links, blank=end_links)
