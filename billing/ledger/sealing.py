"""The chain: entries sealed one after the other, each over the digest of the one before, so that nothing is changed,
taken out or put in between unseen.

Sealed by a periodic task in an order of its own, after the commit: no sale waits for another.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC

from django.db import connection, transaction

from billing.ledger.models import LedgerEntry, LedgerLine, LedgerSeal, UnsealedEntry

BATCH = 1_000
# Before the first entry.
GENESIS = bytes(32)


@transaction.atomic
def seal_batch() -> int:
    """Seal at most BATCH committed entries, the first recorded first; return their number.

    Takes an advisory lock until the end of the transaction; beside another transaction that seals it does nothing.
    """
    if not _alone():
        return 0
    keys = list(UnsealedEntry.objects.order_by("pk").values_list("pk", flat=True)[:BATCH])
    last = LedgerSeal.objects.order_by("-position").first()
    position, digest = (last.position, bytes(last.digest)) if last else (0, GENESIS)
    seals = []
    for entry, lines in with_lines(LedgerEntry.objects.filter(pk__in=keys).order_by("pk")):
        position, digest = position + 1, digest_of(entry, lines, before=digest)
        seals.append(LedgerSeal(position=position, entry=entry, digest=digest))
    LedgerSeal.objects.bulk_create(seals)
    UnsealedEntry.objects.filter(pk__in=keys).delete()
    return len(seals)


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('billing.chain', 0))")
        is_alone: bool = cursor.fetchone()[0]
    return is_alone


def digest_of(entry: LedgerEntry, lines: Iterable[LedgerLine], *, before: bytes) -> bytes:
    """Return the SHA-256 digest of an entry with its lines, over the digest `before` it."""
    said = [
        *(entry.pk, entry.fact, entry.kind, entry.posted_on.isoformat()),
        *(entry.at.astimezone(UTC).isoformat(timespec="microseconds"), entry.currency),
        [[line.pk, line.account, line.part, line.customer_id, line.order_id, line.amount] for line in lines],
    ]
    text = json.dumps(said, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(before + text.encode()).digest()


def with_lines(entries: Iterable[LedgerEntry]) -> list[tuple[LedgerEntry, Sequence[LedgerLine]]]:
    """Return the entries, each with its lines by key. Two queries."""
    found = list(entries)
    lines: dict[int, list[LedgerLine]] = defaultdict(list)
    for line in LedgerLine.objects.filter(entry__in=[entry.pk for entry in found]).order_by("pk"):
        lines[line.entry_id].append(line)
    return [(entry, lines[entry.pk]) for entry in found]
