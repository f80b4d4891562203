"""Seats that a person took by a link. Name and address typed there are those of the person and their delegation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from common.personal_data import Person, Record, hold, records
from enrolments.joining.models import JoinUse


def uses(person: Person) -> Iterator[Record]:
    yield from records(JoinUse.objects.filter(person_id=person.key).order_by("pk"), "link__account__name", "used_at")


def no_row(person: Person, now: datetime, limit: int) -> int:
    """Blank nothing: a use names the person by their key alone, and goes with its link."""
    return 0


hold("join links", _("Links by which you took a seat"), columns={}, describe=uses, blank=no_row)
