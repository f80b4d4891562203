"""VAT of a period, by order and tax code: sums over the ledger, in minor units.

On debits, it is due when it is posted. On receipts, in the share of the order that is paid: due by a day is the VAT
posted by then, times that share, and due of a period is the difference between its two ends. So periods add up to the
cent, whatever comes in parts or goes back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.journal.entries import stream


class Basis(models.TextChoices):
    """Moment at which VAT falls due (CGI 269)."""

    DEBITS = "debits", _("on debits: when it is invoiced")
    RECEIPTS = "receipts", _("on receipts: when it is paid")


class Due(NamedTuple):
    """Net and VAT of an order by the part of a tax code, in minor units; below zero for what was taken back."""

    order_id: int
    part: str
    net: int
    vat: int


_ON_DEBITS = """
SELECT order_id, part, -coalesce(sum(amount) FILTER (WHERE account = 'sales'), 0)::bigint,
       -coalesce(sum(amount) FILTER (WHERE account = 'vat'), 0)::bigint
FROM billing_ledgerline AS line JOIN billing_ledgerentry AS entry ON entry.id = line.entry_id
WHERE account IN ('sales', 'vat') AND posted_on BETWEEN %(starts)s AND %(ends)s AND currency = %(currency)s
GROUP BY order_id, part ORDER BY order_id, part
"""
# `before`: sums up to the day before the period; `after`: up to its last day.
_ON_RECEIPTS = """
WITH moved AS (
    SELECT DISTINCT order_id
    FROM billing_ledgerline AS line JOIN billing_ledgerentry AS entry ON entry.id = line.entry_id
    WHERE account IN ('sales', 'vat', 'to_be_invoiced', 'receivable') AND order_id IS NOT NULL
        AND posted_on BETWEEN %(starts)s AND %(ends)s AND currency = %(currency)s
), sums AS (
    SELECT order_id, account, part, coalesce(sum(amount) FILTER (WHERE posted_on < %(starts)s), 0) AS before,
           sum(amount) AS after
    FROM moved JOIN billing_ledgerline AS line USING (order_id)
    JOIN billing_ledgerentry AS entry ON entry.id = line.entry_id
    WHERE account IN ('sales', 'vat', 'to_be_invoiced', 'receivable')
        AND posted_on <= %(ends)s AND currency = %(currency)s
    GROUP BY order_id, account, part
), orders AS (
    SELECT order_id,
           sum(before) FILTER (WHERE account = 'receivable') AS open_before,
           sum(after) FILTER (WHERE account = 'receivable') AS open_after,
           -sum(before) FILTER (WHERE account <> 'receivable') AS sold_before,
           -sum(after) FILTER (WHERE account <> 'receivable') AS sold_after
    FROM sums GROUP BY order_id
), shares AS (
    SELECT order_id,
           least(1, greatest(0, 1 - coalesce(open_before, 0) / nullif(sold_before, 0))) AS paid_before,
           least(1, greatest(0, 1 - coalesce(open_after, 0) / nullif(sold_after, 0))) AS paid_after
    FROM orders
), due AS (
    SELECT order_id, part, account,
           round(-after * coalesce(paid_after, 1)) - round(-before * coalesce(paid_before, 1)) AS units
    FROM sums JOIN shares USING (order_id) WHERE account IN ('sales', 'vat')
)
SELECT order_id, part, coalesce(sum(units) FILTER (WHERE account = 'sales'), 0)::bigint,
       coalesce(sum(units) FILTER (WHERE account = 'vat'), 0)::bigint
FROM due GROUP BY order_id, part ORDER BY order_id, part
"""


def vat_due(basis: Basis, *, starts: date, ends: date, currency: str) -> Iterator[Due]:
    """Yield what fell due in a period, by order and part of the tax; nothing for parts where it is zero. One query,
    read chunk by chunk. Needs a transaction."""
    sql = _ON_RECEIPTS if basis == Basis.RECEIPTS else _ON_DEBITS
    for row in stream(sql, {"starts": starts, "ends": ends, "currency": currency}):
        due = Due(*row)
        if due.net or due.vat:
            yield due
