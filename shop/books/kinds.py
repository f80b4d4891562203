"""Exports that are tables: the headings of each, and its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from common.sheets.tables import Cells
from common.words import Text
from shop.books import sales, tables, taxes
from shop.books.models import BookExport

Kind = BookExport.Kind


@dataclass(frozen=True)
class TableKind:
    """A table: its headings, and its rows for an export, read chunk by chunk."""

    headings: Sequence[Text]
    rows: Callable[[BookExport], Iterator[Cells]]


TABLES: Mapping[str, TableKind] = {
    Kind.SALES: TableKind(sales.HEADINGS, sales.rows),
    Kind.VAT: TableKind(taxes.VAT, taxes.vat_rows),
    Kind.OSS: TableKind(taxes.OSS, taxes.oss_rows),
    Kind.REVERSE: TableKind(taxes.REVERSE, taxes.reverse_rows),
    Kind.ORDERS: TableKind(tables.ORDERS, tables.order_rows),
    Kind.LINES: TableKind(tables.LINES, tables.line_rows),
    Kind.DOCUMENTS: TableKind(tables.DOCUMENTS, tables.document_rows),
    Kind.PAYMENTS: TableKind(tables.PAYMENTS, tables.payment_rows),
    Kind.SEATS: TableKind(tables.SEATS, tables.seat_rows),
}
