"""Exports made as staff make them, and what is in them."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone, translation

from common.moments import local_day
from outbox.jobs.running import run_due_jobs
from shop.books.models import BookExport
from shop.books.services import ask_for_export, make_export
from tests.factories.accounts import UserFactory


def asked(
    kind: str, *, form: str = "csv", basis: str = "debits", now: datetime | None = None, **period: date
) -> BookExport:
    """Ask for an export of the last days, in English."""
    now = now or timezone.now()
    starts, ends = period.get("starts") or local_day(now) - timedelta(days=40), period.get("ends") or local_day(now)
    if kind == "fec" and "starts" not in period:
        starts = ends.replace(month=1, day=1)
    told: dict[str, Any] = {"kind": kind, "form": form, "basis": basis, "starts_on": starts, "ends_on": ends}
    with translation.override("en"):
        return ask_for_export(**told, asked_as=uuid.uuid4(), actor=UserFactory(is_staff=True), now=now)


def made(kind: str, **told: Any) -> BookExport:
    """Make an export at once."""
    export = asked(kind, **told)
    make_export(export_id=export.pk, now=timezone.now())
    export.refresh_from_db()
    return export


def made_by_jobs(kind: str, **told: Any) -> BookExport:
    """Make an export by the worker's job."""
    export = asked(kind, **told)
    run_due_jobs()
    export.refresh_from_db()
    return export


def content_of(export: BookExport) -> bytes:
    return b"".join(bytes(piece) for piece in export.pieces.order_by("position").values_list("content", flat=True))


def rows_of(export: BookExport) -> list[dict[str, str]]:
    """Return the rows of a CSV file by heading."""
    return list(csv.DictReader(io.StringIO(content_of(export).decode("utf-8-sig"))))
