"""Sales journal: net and VAT of each invoice and credit note, by tax code, as the ledger has them.

The net of a deposit invoice is told with it, though it is a deposit until the settlement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby, islice

from django.utils.translation import gettext_lazy as _

from billing.journal.entries import JournalLine, journal_lines
from billing.journal.fec import Piece
from billing.ledger.models import Account
from common.currencies import from_minor_units
from common.sheets.tables import Cell, Cells
from common.words import Text
from shop.books.models import BookExport
from shop.books.names import customers_of, naming, order_numbers
from shop.postings.parts import in_words

HEADINGS: Sequence[Text] = (
    *(_("Day"), _("Journal entry"), _("Document"), _("Day of the document"), _("Order")),
    *(_("Customer number"), _("Customer"), _("Tax code"), _("Net"), _("VAT"), _("Total"), _("Currency")),
)
TOGETHER = 1_000


def rows(export: BookExport) -> Iterator[Cells]:
    """Yield a row for each entry and tax code of the sales journal. Six queries for each thousand entries."""
    lines = journal_lines(starts=export.starts_on, ends=export.ends_on, currency=export.currency)
    of_sales = filter(_is_of_sales, lines)
    entries = (list(of_entry) for _key, of_entry in groupby(of_sales, key=lambda line: line.entry_id))
    while together := list(islice(entries, TOGETHER)):
        yield from _rows(together, export.currency)


def _rows(entries: Sequence[Sequence[JournalLine]], currency: str) -> Iterator[Cells]:
    lines = [line for of_entry in entries for line in of_entry]
    named, parts = naming(lines), in_words({line.part for line in lines})
    customers = customers_of(line.customer_id for line in lines)
    numbers = order_numbers(line.order_id for line in lines)
    for of_entry in entries:
        first = of_entry[0]
        piece = named.pieces.get(first.entry_id)
        number, name = customers.get(first.customer_id or 0, ("", ""))
        for part, (net, vat) in _by_part(of_entry).items():
            amounts = (from_minor_units(units, currency) for units in (net, vat, net + vat))
            row: list[Cell] = [first.day, first.number, *_written(piece), numbers.get(first.order_id, "")]
            yield [*row, number, name, parts[part], *amounts, currency]


def _is_of_sales(line: JournalLine) -> bool:
    is_invoiced_deposit = line.account == Account.DEPOSITS and bool(line.part)
    return is_invoiced_deposit or line.account in (Account.SALES, Account.VAT)


def _by_part(lines: Iterable[JournalLine]) -> dict[str, tuple[int, int]]:
    """Return net and VAT by tax code, in minor units: credits above zero. Codes without either are left out, as where
    deposits that were invoiced become sales."""
    sums: dict[str, tuple[int, int]] = {}
    for line in lines:
        net, vat = sums.get(line.part, (0, 0))
        is_vat = line.account == Account.VAT
        sums[line.part] = (net, vat - line.amount) if is_vat else (net - line.amount, vat)
    return {part: amounts for part, amounts in sums.items() if any(amounts)}


def _written(piece: Piece | None) -> tuple[str, date | None]:
    return (piece.number, piece.day) if piece else ("", None)
