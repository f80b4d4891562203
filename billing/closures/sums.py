"""Sums of the ledger per currency, account and part: of a day by the database, of longer periods from their days."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, date
from typing import Any, NamedTuple

from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import Coalesce

from billing.closures.models import Closure
from billing.ledger.models import LedgerEntry, LedgerLine, LedgerSeal
from billing.ledger.sealing import GENESIS

Key = tuple[str, str, str]


class Moved(NamedTuple):
    """Debits and credits of a period, both above zero, and the balance at its end, in minor units."""

    debits: int
    credits: int
    balance: int


Sums = dict[Key, Moved]


class Counted(NamedTuple):
    """Entries of a day, those of them that are sealed, and the last position of these in the chain."""

    entries: int
    sealed: int
    last: int


def count_of_day(day: date) -> Counted:
    entries = LedgerEntry.objects.filter(posted_on=day)
    found = entries.aggregate(entries=Count("pk"), sealed=Count("seal"), last=Coalesce(Max("seal__position"), 0))
    return Counted(**found)


def sums_of_day(day: date, *, before: Sums) -> Sums:
    """Return the sums of a day, over those at the end of the day before. One query, grouped by the database."""
    moved = (
        LedgerLine.objects.filter(entry__posted_on=day)
        .order_by()
        .values_list("entry__currency", "account", "part")
        .annotate(
            debits=Coalesce(Sum("amount", filter=Q(amount__gt=0)), 0),
            credits=Coalesce(-Sum("amount", filter=Q(amount__lt=0)), 0),
        )
    )
    sums = {key: Moved(0, 0, each.balance) for key, each in before.items()}
    for currency, account, part, debits, credits_ in moved:
        key = (currency, account, part)
        balance = before[key].balance if key in before else 0
        sums[key] = Moved(int(debits), int(credits_), balance + int(debits - credits_))
    return sums


def added(days: Iterable[Sums]) -> Sums:
    """Return the sums of a period from those of its days, in their order."""
    total: Sums = {}
    for day in days:
        for key, moved in day.items():
            known = total.get(key, Moved(0, 0, 0))
            total[key] = Moved(known.debits + moved.debits, known.credits + moved.credits, moved.balance)
    return total


def written(sums: Sums) -> list[list[Any]]:
    return [[*key, *sums[key]] for key in sorted(sums)]


def read(rows: Iterable[Iterable[Any]]) -> Sums:
    return {
        (currency, account, part): Moved(debits, credits_, balance)
        for currency, account, part, debits, credits_, balance in rows
    }


def digest_of(closure: Closure, *, chain: bytes, before: bytes) -> bytes:
    """Return the SHA-256 digest of a closure over the chain's digest where the closure's entries end, and over the
    digest of the closure before it."""
    said = [
        *(closure.kind, closure.starts_on.isoformat(), closure.ends_on.isoformat(), closure.entries),
        *(closure.sealed_to, chain.hex(), closure.sums),
        *(closure.closed_at.astimezone(UTC).isoformat(timespec="microseconds"), closure.closed_by_id),
    ]
    text = json.dumps(said, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(before + text.encode()).digest()


def chain_at(position: int) -> bytes | None:
    """Return the chain's digest at a position; None if nothing is sealed there."""
    if position == 0:
        return GENESIS
    digest = LedgerSeal.objects.filter(pk=position).values_list("digest", flat=True).first()
    return None if digest is None else bytes(digest)
