"""VAT of a period, by order and tax code: sums over the ledger, in minor units.

The net of a deposit that was invoiced is declared with its VAT (CGI 269-2 c and 287), though it is sold at the
settlement only: it stands in *deposits* under its tax code until then.

On debits, VAT is due when it is posted. On receipts, in the share of the order that is paid, and for what was taken
back until the money has gone back (CGI 272-1; CJEU C-107/13, FIRIN): due by a day is the VAT posted by then, times the
share that is paid, and the VAT taken back, times the share of it that is still held. Due of a period is the difference
between its two ends. So periods add up to the cent, whatever comes in parts or goes back.
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
SELECT order_id, part, -coalesce(sum(amount) FILTER (WHERE account <> 'vat'), 0)::bigint,
       -coalesce(sum(amount) FILTER (WHERE account = 'vat'), 0)::bigint
FROM billing_ledgerline AS line JOIN billing_ledgerentry AS entry ON entry.id = line.entry_id
WHERE (account IN ('sales', 'vat') OR account = 'deposits' AND part <> '')
    AND posted_on BETWEEN %(starts)s AND %(ends)s AND currency = %(currency)s
GROUP BY order_id, part ORDER BY order_id, part
"""
# `before`: sums up to the day before the period; `after`: up to its last day. `back`: what credit notes took back of
# sales and VAT, corrections apart, and of an order that was never settled all that was taken back. `held`: money that
# is owed back, and of such an order all that pays for nothing.
_ON_RECEIPTS = """
WITH moved AS (
    SELECT DISTINCT order_id
    FROM billing_ledgerline AS line JOIN billing_ledgerentry AS entry ON entry.id = line.entry_id
    WHERE order_id IS NOT NULL AND posted_on BETWEEN %(starts)s AND %(ends)s AND currency = %(currency)s
), told AS (
    SELECT order_id, part, amount, posted_on, kind,
           CASE WHEN account = 'deposits' AND part <> '' THEN 'sales' ELSE account END AS account
    FROM moved JOIN billing_ledgerline AS line USING (order_id)
    JOIN billing_ledgerentry AS entry ON entry.id = line.entry_id
    WHERE (account IN ('sales', 'vat', 'to_be_invoiced', 'receivable', 'refunds_owed', 'unallocated')
            OR account = 'deposits' AND part <> '')
        AND posted_on <= %(ends)s AND currency = %(currency)s
), settled AS (
    SELECT order_id, min(posted_on) AS settled_on FROM told WHERE kind = 'sale' GROUP BY order_id
), sums AS (
    SELECT order_id, settled_on, account, part,
           coalesce(sum(amount) FILTER (WHERE posted_on < %(starts)s), 0) AS before,
           sum(amount) AS after,
           coalesce(sum(amount) FILTER (WHERE posted_on < %(starts)s AND amount > 0 AND account IN ('sales', 'vat')
                AND (kind = 'given_back' OR kind = 'invoice' AND coalesce(settled_on >= %(starts)s, true))
           ), 0) AS back_before,
           coalesce(sum(amount) FILTER (WHERE amount > 0 AND account IN ('sales', 'vat')
                AND (kind = 'given_back' OR kind = 'invoice' AND settled_on IS NULL)
           ), 0) AS back_after
    FROM told LEFT JOIN settled USING (order_id) GROUP BY order_id, settled_on, account, part
), orders AS (
    SELECT order_id,
           sum(before) FILTER (WHERE account = 'receivable') AS open_before,
           sum(after) FILTER (WHERE account = 'receivable') AS open_after,
           -sum(before) FILTER (WHERE account IN ('sales', 'vat', 'to_be_invoiced')) AS sold_before,
           -sum(after) FILTER (WHERE account IN ('sales', 'vat', 'to_be_invoiced')) AS sold_after,
           -sum(before) FILTER (WHERE account = 'refunds_owed') AS owed_before,
           -sum(after) FILTER (WHERE account = 'refunds_owed') AS owed_after,
           -sum(before) FILTER (WHERE account = 'unallocated') AS loose_before,
           -sum(after) FILTER (WHERE account = 'unallocated') AS loose_after,
           sum(back_before) AS back_before, sum(back_after) AS back_after,
           coalesce(settled_on < %(starts)s, false) AS settled_before, settled_on IS NOT NULL AS settled_after
    FROM sums GROUP BY order_id, settled_on
), shares AS (
    SELECT order_id,
           coalesce(least(1, greatest(0, 1 - coalesce(open_before, 0) / nullif(sold_before, 0))), 1) AS paid_before,
           coalesce(least(1, greatest(0, 1 - coalesce(open_after, 0) / nullif(sold_after, 0))), 1) AS paid_after,
           coalesce(least(1, greatest(0, (coalesce(owed_before, 0)
                + CASE WHEN settled_before THEN 0 ELSE coalesce(loose_before, 0) END)
                / nullif(back_before, 0))), 0) AS held_before,
           coalesce(least(1, greatest(0, (coalesce(owed_after, 0)
                + CASE WHEN settled_after THEN 0 ELSE coalesce(loose_after, 0) END)
                / nullif(back_after, 0))), 0) AS held_after
    FROM orders
), due AS (
    SELECT order_id, part, account,
           round(back_after * held_after - after * paid_after)
           - round(back_before * held_before - before * paid_before) AS units
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
