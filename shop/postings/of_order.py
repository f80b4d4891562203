"""An order in the ledger, for its page in the administration: what stands open on each account, and the entries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.people.models import User
from billing.ledger.models import Account, LedgerEntry, LedgerLine
from common.admin.display import Column, Table, admin_link, admin_url, amount, columns
from common.currencies import from_minor_units
from shop.orders.models import Order
from shop.postings.parts import in_words

ENTRIES_SHOWN = 20


@dataclass(frozen=True)
class Books:
    """Balances by account, the last entries, the number of all and the address of their list."""

    balances: Table
    entries: Table
    total: int
    url: str


def books_of(order: Order, viewer: User) -> Books | None:
    """Return what the ledger says of an order; None to a reader who may not see the ledger. Four queries."""
    if not viewer.has_perm("billing.view_ledgerentry"):
        return None
    entries = LedgerEntry.objects.filter(lines__order_id=order.pk).order_by("-pk").distinct()
    url = admin_url(viewer, LedgerEntry, "changelist")
    shown = list(entries.annotate(debits=Sum("lines__amount", filter=Q(lines__amount__gt=0)))[:ENTRIES_SHOWN])
    return Books(
        balances=_balances(order),
        entries=_entries(shown, viewer),
        total=entries.count() if len(shown) == ENTRIES_SHOWN else len(shown),
        url=f"{url}?q={order.number}",
    )


def _balances(order: Order) -> Table:
    lines = LedgerLine.objects.filter(order_id=order.pk).order_by()
    sums = list(lines.values_list("entry__currency", "account", "part").annotate(sum=Sum("amount")).order_by("account"))
    parts = in_words({part for _currency, _account, part, _units in sums})
    rows: list[list[object]] = []
    for currency, account, part, units in sums:
        if units:
            debit, credit = (said(units, currency), "") if units > 0 else ("", said(-units, currency))
            rows.append([Account(account).label, parts[part], debit, credit])
    heads = columns(_("Account"), _("Part"), Column(_("Debit"), is_amount=True), Column(_("Credit"), is_amount=True))
    return Table(heads, rows, empty=_("Nothing of this order is open in the ledger."))


def _entries(entries: Iterable[Any], viewer: User) -> Table:
    rows: list[list[object]] = [
        [
            date_format(entry.posted_on),
            admin_link(viewer, LedgerEntry, entry.pk, entry.get_kind_display()),
            said(entry.debits, entry.currency),
        ]
        for entry in entries
    ]
    heads = columns(_("Day"), _("Kind"), Column(_("Amount"), is_amount=True))
    return Table(heads, rows, empty=_("This order has no entry in the ledger."))


def said(units: int, currency: str) -> str:
    return amount(from_minor_units(units, currency), currency)
