"""Closing of days, months and years of the books: in order, for good, and only what is whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from billing.closures.models import Closure
from billing.closures.sums import Sums, added, chain_at, count_of_day, digest_of, read, sums_of_day, written
from billing.ledger.models import LedgerEntry
from billing.ledger.sealing import GENESIS
from common.moments import local_day, months_later
from common.refusals import Refused
from common.registry import Registry

if TYPE_CHECKING:
    from accounts.people.models import User

# Each tells whether a fact about money has no entry yet: asked of the floors above before a day is closed.
FACTS_MISSING: Registry[Callable[[], bool]] = Registry("question for missing facts")

DAY = timedelta(days=1)
Kind = Closure.Kind


class DayNotOver(Refused):
    """Refusal to close a day that is not over in the shop's time zone."""

    field = "through"
    message = _("Only days that are over can be closed.")


class NothingToClose(Refused):
    """Refusal of a day up to which everything is closed, or before the first entry of the books."""

    field = "through"
    message = _("There is nothing to close up to this day: it is closed, or the books begin later.")


class EntriesUnsealed(Refused):
    """Refusal to close a day of which entries wait for their seal."""

    message = _("Entries of this day are still to be sealed. Try again in two minutes.")


class FactsMissing(Refused):
    """Refusal to close while payments or orders have no entry in the ledger."""

    message = _("Payments or orders are not in the ledger yet. They are brought in within minutes: try again then.")


class BooksBusy(Refused):
    """Refusal to close while a day's entries are being posted, or while somebody else closes."""

    message = _("The books are being written to. Try again in a minute.")


def first_open_day() -> date | None:
    """Return the day after the last closed one, or the day of the first entry; None without entries."""
    last = _last(Kind.DAY)
    if last is not None:
        return last.ends_on + DAY
    return LedgerEntry.objects.order_by("posted_on").values_list("posted_on", flat=True).first()


def close_days(*, through: date, actor: User | None = None, now: datetime, at_most: int | None = None) -> list[Closure]:
    """Close all open days up to `through`, `at_most` of them, and each month and year that is whole; return the
    closures made.

    Each period is a transaction of its own; what was closed before a refusal stays. Raises DayNotOver, NothingToClose,
    FactsMissing, EntriesUnsealed, BooksBusy.
    """
    if through >= local_day(now):
        raise DayNotOver
    if any(is_missing() for is_missing in FACTS_MISSING):
        raise FactsMissing
    made = list(_close_whole_periods(actor=actor, now=now))
    day, days = first_open_day(), 0
    if day is None or day > through:
        if made:
            return made
        raise NothingToClose
    while day <= through and (at_most is None or days < at_most):
        made.append(_close_day(day, actor=actor, now=now))
        days, day = days + 1, day + DAY
        if day.day == 1:
            made += _close_whole_periods(actor=actor, now=now)
    return made


def _close_whole_periods(*, actor: User | None, now: datetime) -> Iterator[Closure]:
    """Close each month and then each year whose days are all closed; yield the closures."""
    for kind, months in ((Kind.MONTH, 1), (Kind.YEAR, 12)):
        while (starts_on := _next_start(kind)) and (ends_on := months_later(starts_on, months) - DAY) < _open_from():
            yield _close_longer(kind, starts_on=starts_on, ends_on=ends_on, actor=actor, now=now)


def _next_start(kind: Kind) -> date | None:
    """Return the first day of the next month or year to be closed; None before a day is closed."""
    last = _last(kind)
    if last is not None:
        return last.ends_on + DAY
    first = Closure.objects.filter(kind=Kind.DAY).order_by("ends_on").first()
    if first is None:
        return None
    return first.ends_on.replace(day=1) if kind is Kind.MONTH else first.ends_on.replace(month=1, day=1)


def _open_from() -> date:
    last = _last(Kind.DAY)
    return last.ends_on + DAY if last else date.min


@transaction.atomic
def _close_day(day: date, *, actor: User | None, now: datetime) -> Closure:
    """Close one day. Takes the locks of closing and of the day until the end of the transaction, and waits for none:
    whoever posts on this day waits for the closure, and posts on the first open day."""
    _alone(day)
    before = _last(Kind.DAY)
    counted = count_of_day(day)
    if counted.sealed != counted.entries:
        raise EntriesUnsealed
    sums = sums_of_day(day, before=read(before.sums) if before else {})
    sealed_to = max(counted.last, before.sealed_to if before else 0)
    closure = Closure(kind=Kind.DAY, starts_on=day, ends_on=day, entries=counted.entries, sealed_to=sealed_to)
    return _write(closure, sums, actor=actor, now=now)


@transaction.atomic
def _close_longer(kind: Kind, *, starts_on: date, ends_on: date, actor: User | None, now: datetime) -> Closure:
    """Close a month or a year, all of whose days are closed."""
    _alone(ends_on)
    days = list(Closure.objects.filter(kind=Kind.DAY, ends_on__range=(starts_on, ends_on)).order_by("ends_on"))
    closure = Closure(
        kind=kind,
        starts_on=starts_on,
        ends_on=ends_on,
        entries=sum(day.entries for day in days),
        sealed_to=days[-1].sealed_to,
    )
    return _write(closure, added(read(day.sums) for day in days), actor=actor, now=now)


def _write(closure: Closure, sums: Sums, *, actor: User | None, now: datetime) -> Closure:
    before = Closure.objects.order_by("-pk").first()
    chain = chain_at(closure.sealed_to)
    assert chain is not None  # read with the entries, and never deleted
    closure.sums, closure.closed_at, closure.closed_by = written(sums), now, actor
    closure.digest = digest_of(closure, chain=chain, before=bytes(before.digest) if before else GENESIS)
    closure.save(force_insert=True)
    return closure


def _last(kind: Kind) -> Closure | None:
    return Closure.objects.filter(kind=kind).order_by("-ends_on").first()


def _alone(day: date) -> None:
    """Take the locks of closing and of a day. Raises BooksBusy beside another transaction that holds one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended('billing.closures', 0))"
            " AND pg_try_advisory_xact_lock(hashtext('billing.day'), %s - date '2000-01-01')",
            [day],
        )
        if not cursor.fetchone()[0]:
            raise BooksBusy


def end_of(period: str) -> date | None:
    """Return the last day of a period written as `2026-11-30`, `2026-11` or `2026`; None for another text."""
    if not re.fullmatch(r"\d{4}(-\d\d){0,2}", period, re.ASCII):
        return None
    try:
        start = date.fromisoformat(f"{period}-01-01"[:10])
    except ValueError:
        return None
    months = {len("2026"): 12, len("2026-11"): 1}.get(len(period))
    return months_later(start, months) - DAY if months else start
