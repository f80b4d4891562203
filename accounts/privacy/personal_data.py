"""Requests for erasure, and the reasons of those refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.privacy.models import ErasureRequest
from common.personal_data import Person, Record, hold, records


def requests(person: Person) -> Iterator[Record]:
    rows = ErasureRequest.objects.filter(person_id=person.key).order_by("pk")
    yield from records(rows, "asked_at", "state", "decided_at", "reason", "ended_at")


def blank_reasons(person: Person, now: datetime, limit: int) -> int:
    told = ErasureRequest.objects.filter(person_id=person.key).exclude(reason="").order_by("pk").values("pk")[:limit]
    return ErasureRequest.objects.filter(pk__in=told).update(reason="")


hold(
    "erasure requests",
    _("Your requests for erasure"),
    columns={"accounts.erasurerequest": ("reason", "known")},
    describe=requests,
    blank=blank_reasons,
)
