"""Check of the closures against the ledger: no gap, the sums of their entries, and their digests."""

from __future__ import annotations

from collections.abc import Iterator

from billing.closures.models import Closure
from billing.closures.services import DAY
from billing.closures.sums import Sums, added, chain_at, count_of_day, digest_of, sums_of_day, written
from billing.ledger.models import LedgerEntry
from billing.ledger.sealing import GENESIS

Kind = Closure.Kind


def faults_of_closures() -> Iterator[str]:
    """Yield a sentence for each fault found. Reads closures one after another, and the sums of their days."""
    last: dict[str, Closure] = {}
    month, year = _Period(), _Period()
    sums: Sums = {}
    digest = GENESIS
    for closure in Closure.objects.order_by("pk").iterator(chunk_size=100):
        previous = last.get(closure.kind)
        if previous is not None and closure.starts_on != previous.ends_on + DAY:
            yield f"Closed {closure.kind} {closure} does not follow {previous}."
        last[closure.kind] = closure
        if closure.kind == Kind.DAY:
            counted, sums = count_of_day(closure.ends_on), sums_of_day(closure.ends_on, before=sums)
            entries, found = counted.entries, sums
            for period in (month, year):
                period.add(counted.entries, sums)
            if counted.last > closure.sealed_to:
                yield f"Closed {closure.kind} {closure}: an entry was sealed after it."
        else:
            entries, found = (month if closure.kind == Kind.MONTH else year).taken()
        if entries != closure.entries:
            yield f"Closed {closure.kind} {closure} has {entries} entries, and had {closure.entries}."
        if written(found) != closure.sums:
            yield f"Closed {closure.kind} {closure}: its sums are not those of its entries."
        chain = chain_at(closure.sealed_to)
        if chain is None or digest_of(closure, chain=chain, before=digest) != bytes(closure.digest):
            yield f"Closed {closure.kind} {closure} is not what was closed."
        digest = bytes(closure.digest)
    first = Closure.objects.filter(kind=Kind.DAY).order_by("ends_on").first()
    if first is not None and LedgerEntry.objects.filter(posted_on__lt=first.starts_on).exists():
        yield f"Entries stand before {first}, the first closed day."


class _Period:
    """Entries and sums of the days since the period before."""

    def __init__(self) -> None:
        self._entries: int = 0
        self._sums: Sums = {}

    def add(self, entries: int, sums: Sums) -> None:
        self._entries, self._sums = self._entries + entries, added([self._sums, sums])

    def taken(self) -> tuple[int, Sums]:
        found = self._entries, self._sums
        self._entries = 0
        self._sums = {}
        return found
