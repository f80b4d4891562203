"""Names for keys of the ledger: customers, documents, orders and tax codes. Asked for many lines together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.utils import translation

from accounts.members.models import CustomerAccount
from billing.journal.entries import JournalLine
from billing.journal.fec import Named, Piece
from billing.ledger.models import LedgerEntry
from common.moments import local_day
from shop.orders.models import Order
from shop.papers.selectors import documents_of_facts

# In the French journal, whatever language the reader has.
ERASED = "Client effacé"
_IN_FRENCH: dict[str, str] = {}


def naming(lines: Sequence[JournalLine]) -> Named:
    """Return the names for lines of the journal. Three queries."""
    numbers = order_numbers(line.order_id for line in lines)
    papers = documents_of_facts({line.fact for line in lines})
    orders: dict[int, str] = {}
    for line in lines:
        if line.order_id in numbers:
            orders.setdefault(line.entry_id, numbers[line.order_id])
    pieces, labels = {}, {}
    for line in lines:
        paper, order = papers.get(line.fact), orders.get(line.entry_id, "")
        if paper is not None:
            pieces[line.entry_id] = Piece(paper.number, paper.issued_on)
        elif order:
            pieces[line.entry_id] = Piece(order, local_day(line.at))
        labels[line.entry_id] = f"{kind_in_french(line.kind)} {order}".strip()
    return Named(customers_of(line.customer_id for line in lines), pieces, labels)


def customers_of(keys: Iterable[int | None]) -> Mapping[int, tuple[str, str]]:
    """Return number and name of customer accounts by key, as they are today; an erased one says so. One query."""
    found = CustomerAccount.objects.filter(pk__in={key for key in keys if key is not None})
    return {pk: (customer_number(pk), name or ERASED) for pk, name in found.values_list("pk", "name")}


def customer_number(key: int) -> str:
    """Return the number of a customer account in exports: C000017."""
    return f"C{key:06}"


def order_numbers(keys: Iterable[int | None]) -> dict[int | None, str]:
    """Return the numbers of orders by key. One query."""
    return dict(Order.objects.filter(pk__in={key for key in keys if key is not None}).values_list("pk", "number"))


def kind_in_french(kind: str) -> str:
    """Return the kind of an entry in French, with a capital."""
    if not _IN_FRENCH:
        with translation.override("fr"):
            _IN_FRENCH.update({code: str(label).capitalize() for code, label in LedgerEntry.Kind.choices})
    return _IN_FRENCH.get(kind, kind)
