"""Errors of entries as the last check found them, stored where every page of the shop reads them.

An entry is checked when it is saved, when a course that it names is saved, and every few minutes, the ones that were
checked longest ago first: a check may depend on anything.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q

from catalog.availability import what_is_sold
from catalog.models.entries import Entry, EntryState
from catalog.offers import offer_of
from catalog.services.checks import find_faults
from common.clock import database_now
from common.languages import in_every_language
from common.moments import day_ends
from enrolments.courses.models import CourseName
from enrolments.courses.services import comparable
from handlers.contract import Level

CHECKED_AT_ONCE = 100
CHECKED_EVERY = timedelta(minutes=5)
FAULTY_CHECKED_EVERY = timedelta(seconds=30)

logger = logging.getLogger(__name__)


def recheck(entry_ids: Iterable[int], *, now: datetime) -> None:
    """Check entries and store their errors. Locks each row while it is written; an entry saved meanwhile keeps what
    that save has stored."""
    for entry in Entry.objects.with_prices().with_fields().filter(pk__in=list(entry_ids)).order_by("pk"):
        try:
            found = _found(entry)
        except Exception:
            # A handler that breaks outside its check is noticed where the entry is read; the others are checked all the
            # same.
            logger.exception("Entry %s could not be checked", entry.code)
            found = {}
        Entry.objects.filter(pk=entry.pk, version=entry.version).update(checked_at=now, **found)


def _found(entry: Entry) -> dict[str, Any]:
    """Return the values of the columns that a check fills."""
    offer = offer_of(entry)
    # Not stored: a missing handler, and what is seen wherever the entry is read.
    findings = find_faults(entry) if offer.is_installed else []
    errors = [each for each in findings if each.level is Level.ERROR and not each.follows_from_sold]
    last_days = [field.latest for field in entry.fields.all() if field.is_required and field.latest]
    return {
        "faults": [{"field": error.field, "message": in_every_language(error.message)} for error in errors],
        "faults_version": offer.handler_version,
        "answerable_until": min((day_ends(day) for day in last_days), default=None),
    }


def recheck_due(*, now: datetime) -> int:
    """Check the entries of the shop that were not checked lately, at most CHECKED_AT_ONCE of them; those with errors
    more often than the others. Return their number."""
    due = (
        Entry.objects.exclude(state=EntryState.RETIRED)
        .filter(
            Q(checked_at__isnull=True)
            | Q(checked_at__lte=now - CHECKED_EVERY)
            | Q(checked_at__lte=now - FAULTY_CHECKED_EVERY) & ~Q(faults=[])
        )
        .order_by(F("checked_at").asc(nulls_first=True), "pk")
        .values_list("pk", flat=True)[:CHECKED_AT_ONCE]
    )
    found = list(due)
    recheck(found, now=now)
    return len(found)


def recheck_entries_of(course_id: int) -> None:
    """Check the entries that sell a course by one of its names, present or former. Follows `save_course`."""
    names = {comparable(name) for name in CourseName.objects.filter(course=course_id).values_list("name", flat=True)}
    concerned = [
        entry.pk
        for entry in Entry.objects.exclude(state=EntryState.RETIRED).exclude(handler="")
        if (sold := what_is_sold(offer_of(entry))) and names & {comparable(name) for name in sold.courses}
    ]
    recheck(concerned, now=database_now())
