"""Posting: the one way in which entries come into the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from billing.ledger.models import Account, LedgerEntry
from common.moments import local_day

Kind = LedgerEntry.Kind


@dataclass(frozen=True)
class Line:
    """Amount for one account, in minor units: debit above zero, credit below."""

    account: Account
    amount: int
    customer_id: int | None = None
    order_id: int | None = None
    part: str = ""


@dataclass(frozen=True)
class Entry:
    """Entry to be posted: the fact that it tells of, by a name that is given once, and its lines."""

    fact: str
    kind: Kind
    at: datetime
    currency: str
    lines: tuple[Line, ...]


class Unbalanced(ValueError):
    """Lines of an entry that do not sum to zero: a mistake in the code."""


# One statement: an entry without its lines, or lines without their entry, are refused by triggers.
_POST = """
WITH open AS MATERIALIZED (
    SELECT day, billing_open_day(day) AS posted_on FROM (SELECT DISTINCT unnest(%(days)s::date[]) AS day) AS of_facts
), told AS (
    SELECT * FROM unnest(%(facts)s::text[], %(kinds)s::text[], %(days)s::date[], %(ats)s::timestamptz[],
                         %(currencies)s::text[]) AS told (fact, kind, day, at, currency)
    JOIN open USING (day)
), made AS (
    INSERT INTO billing_ledgerentry (fact, kind, posted_on, at, currency)
    SELECT fact, kind, posted_on, at, currency FROM told ORDER BY fact
    ON CONFLICT (fact) DO NOTHING
    RETURNING id, fact
), waiting AS (
    INSERT INTO billing_unsealedentry (entry_id) SELECT id FROM made
)
INSERT INTO billing_ledgerline (entry_id, account, part, customer_id, order_id, amount)
SELECT made.id, line.account, line.part, line.customer_id, line.order_id, line.amount
FROM made JOIN unnest(%(of)s::text[], %(accounts)s::text[], %(parts)s::text[], %(customers)s::bigint[],
                      %(orders)s::bigint[], %(amounts)s::bigint[])
    WITH ORDINALITY AS line (fact, account, part, customer_id, order_id, amount, place) USING (fact)
ORDER BY made.id, line.place
"""


def post(entries: Iterable[Entry]) -> None:
    """Add entries to the ledger, in the transaction of their facts. A fact that is known already changes nothing.

    One statement, whatever their number; none without entries. Lines of zero are left out, and with them an entry that
    has no others. An entry is posted on its fact's day, or on the first open day if that one is closed. Waits for a
    transaction that is posting the same fact, or closing that day. Raises Unbalanced.
    """
    told = [entry for entry in map(_without_zeros, entries) if entry.lines]
    for entry in told:
        if sum(line.amount for line in entry.lines) != 0:
            raise Unbalanced(f"{entry.fact}: {entry.lines}")
    if not told:
        return
    lines = [(entry.fact, line) for entry in told for line in entry.lines]
    with transaction.mark_for_rollback_on_error(), connection.cursor() as cursor:
        cursor.execute(_POST, {**_columns(told), **_columns_of_lines(lines)})


def _without_zeros(entry: Entry) -> Entry:
    if all(line.amount for line in entry.lines):
        return entry
    lines = tuple(line for line in entry.lines if line.amount)
    return Entry(entry.fact, entry.kind, entry.at, entry.currency, lines)


def _columns(entries: Sequence[Entry]) -> dict[str, list[object]]:
    return {
        "facts": [entry.fact for entry in entries],
        "kinds": [entry.kind.value for entry in entries],
        "days": [local_day(entry.at) for entry in entries],
        "ats": [entry.at for entry in entries],
        "currencies": [entry.currency for entry in entries],
    }


def _columns_of_lines(lines: Sequence[tuple[str, Line]]) -> dict[str, list[object]]:
    return {
        "of": [fact for fact, _line in lines],
        "accounts": [line.account.value for _fact, line in lines],
        "parts": [line.part for _fact, line in lines],
        "customers": [line.customer_id for _fact, line in lines],
        "orders": [line.order_id for _fact, line in lines],
        "amounts": [line.amount for _fact, line in lines],
    }
