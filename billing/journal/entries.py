"""Entries of the ledger as journals show them: each in one journal, numbered there without a gap within a year.

The number follows from the days and keys of the entries: it is final once the day is closed, since nothing comes into
a closed day or before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, models
from django.utils.translation import pgettext_lazy

from billing.ledger.models import OF_CUSTOMERS, LedgerEntry

# Lines that are read at a time, however many there are.
CHUNK = 2_000


class Journal(models.TextChoices):
    """Journal of an entry, by its code."""

    SALES = "VE", pgettext_lazy("journal", "sales")
    BANK = "BQ", pgettext_lazy("journal", "bank")
    PROVIDERS = "PS", pgettext_lazy("journal", "payment providers")
    OTHERS = "OD", pgettext_lazy("journal", "miscellaneous")


# Labels in the French journal, whatever language the reader has.
IN_FRENCH = {
    Journal.SALES: "Ventes",
    Journal.BANK: "Banque",
    Journal.PROVIDERS: "Prestataires de paiement",
    Journal.OTHERS: "Opérations diverses",
}
OF_SALES = (LedgerEntry.Kind.SALE, LedgerEntry.Kind.INVOICE, LedgerEntry.Kind.GIVEN_BACK)


@dataclass(frozen=True, slots=True)
class JournalLine:
    """Line of an entry, with the entry's place in its journal. `amount`: debit above zero, in minor units.

    `settled_on`: the day since which the lines of its order on a customer's account sum to zero, None while they do
    not.
    """

    entry_id: int
    fact: str
    kind: str
    day: date
    at: datetime
    journal: Journal
    number: int
    account: str
    part: str
    customer_id: int | None
    order_id: int | None
    amount: int
    settled_on: date | None


# Of the years before, the lines on customers' accounts are read as well: an order may be settled in this one.
_LINES = """
WITH line AS (
    SELECT entry.id, fact, kind, posted_on, at, account, part, customer_id, order_id, amount, line.id AS line_id,
        account = ANY(%(of_customers)s) AND order_id IS NOT NULL AS is_of_order,
        bool_or(account = 'bank') OVER of_entry AS at_bank,
        bool_or(account = 'in_transit') OVER of_entry AS at_provider
    FROM billing_ledgerentry AS entry JOIN billing_ledgerline AS line ON line.entry_id = entry.id
    WHERE posted_on <= %(ends)s AND currency = %(currency)s AND (
        posted_on >= date_trunc('year', %(starts)s::date)
        OR account = ANY(%(of_customers)s) AND order_id IS NOT NULL
    )
    WINDOW of_entry AS (PARTITION BY entry.id)
), told AS (
    SELECT *, CASE WHEN kind = ANY(%(of_sales)s) THEN 'VE' WHEN at_bank THEN 'BQ' WHEN at_provider THEN 'PS'
        ELSE 'OD' END AS journal
    FROM line
), numbered AS (
    SELECT *, dense_rank() OVER (PARTITION BY journal, date_trunc('year', posted_on) ORDER BY posted_on, id) AS number,
        CASE WHEN is_of_order AND sum(amount) OVER of_order = 0 THEN max(posted_on) OVER of_order END AS settled_on
    FROM told
    WINDOW of_order AS (PARTITION BY account, part, customer_id, order_id)
)
SELECT id, fact, kind, posted_on, at, journal, number, account, part, customer_id, order_id, amount, settled_on
FROM numbered WHERE posted_on >= %(starts)s ORDER BY posted_on, id, line_id
"""


def journal_lines(*, starts: date, ends: date, currency: str) -> Iterator[JournalLine]:
    """Yield the lines of all entries of a period, by day, entry and line. One query, read chunk by chunk: memory stays
    small however many there are. Needs a transaction."""
    told: dict[str, Any] = {
        "starts": starts,
        "ends": ends,
        "currency": currency,
        "of_sales": [kind.value for kind in OF_SALES],
        "of_customers": list(OF_CUSTOMERS),
    }
    for row in stream(_LINES, told):
        entry_id, fact, kind, day, at, journal, *rest = row
        yield JournalLine(entry_id, fact, kind, day, at, Journal(journal), *rest)


def stream(sql: str, values: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query over many, read by a cursor of the server chunk by chunk. Needs a transaction, in which
    tables are then joined as wholes: row by row, time would grow with the square while the planner takes them for
    small, as it does after many entries of one day."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, values)
        while rows := cursor.fetchmany(CHUNK):
            yield from rows


def other_currencies(*, starts: date, ends: date, currency: str) -> int:
    """Return how many entries of a period are in another currency, and so in no journal of this one."""
    return LedgerEntry.objects.filter(posted_on__range=(starts, ends)).exclude(currency=currency).count()
