"""Check of the ledger by itself: every entry balanced, and the chain unbroken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, Sum
from django.db.models.functions import Now

from billing.ledger.models import LedgerEntry, LedgerLine, LedgerSeal, UnsealedEntry
from billing.ledger.sealing import BATCH, GENESIS, digest_of, with_lines

# Sealing is a matter of seconds; what waits longer is told.
SEALED_WITHIN = timedelta(hours=1)


def faults_of_ledger() -> Iterator[str]:
    """Yield a sentence for each fault found. Reads everything, in chunks of BATCH entries."""
    yield from _unbalanced()
    yield from _chain()
    yield from _unsealed()


def _unbalanced() -> Iterator[str]:
    sums = LedgerLine.objects.order_by().values("entry").annotate(sum=Sum("amount"), count=Count("pk"))
    for row in sums.exclude(sum=0).iterator():
        yield f"Entry {row['entry']} does not sum to zero: {row['sum']}."
    bare = LedgerEntry.objects.filter(~Exists(LedgerLine.objects.filter(entry=OuterRef("pk"))))
    for key in bare.values_list("pk", flat=True).iterator():
        yield f"Entry {key} has no lines."


def _chain() -> Iterator[str]:
    last, digest = 0, GENESIS
    while seals := list(LedgerSeal.objects.filter(position__gt=last).order_by("position")[:BATCH]):
        entries = with_lines(LedgerEntry.objects.filter(pk__in=[seal.entry_id for seal in seals]))
        known = {entry.pk: (entry, lines) for entry, lines in entries}
        for seal in seals:
            if seal.position != last + 1:
                yield f"The chain has a gap before position {seal.position}."
            entry, lines = known.get(seal.entry_id, (None, ()))
            if entry is None or digest_of(entry, lines, before=digest) != bytes(seal.digest):
                yield f"Entry {seal.entry_id} at position {seal.position} is not what was sealed."
            last, digest = seal.position, bytes(seal.digest)


def _unsealed() -> Iterator[str]:
    waiting = UnsealedEntry.objects.filter(entry__recorded_at__lt=Now() - SEALED_WITHIN).count()
    if waiting:
        yield f"{waiting} entries have waited for their seal for more than an hour."
    without = LedgerEntry.objects.filter(
        ~Exists(LedgerSeal.objects.filter(entry=OuterRef("pk"))),
        ~Exists(UnsealedEntry.objects.filter(entry=OuterRef("pk"))),
    )
    for key in without.values_list("pk", flat=True).iterator():
        yield f"Entry {key} came into the ledger without being posted."
