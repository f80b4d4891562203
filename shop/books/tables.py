"""Tables of what was sold: orders, their lines, documents, payments and seats, by the days of a period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from billing.ledger.models import Account
from billing.ledger.selectors import sum_by_order
from common.currencies import from_minor_units
from common.languages import in_reader_language
from common.moments import day_ends, day_starts
from common.sheets.tables import Cells
from common.words import Text
from documents.issued.models import Document
from enrolments.seats.models import Seat
from shop.books.models import BookExport
from shop.books.names import ERASED, customer_number
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.payments.models import Payment
from shop.payments.registry import method_label

# Rows that are read at a time.
CHUNK = 1_000
ORDERS: Sequence[Text] = (
    *(_("Order"), _("Placed"), _("Confirmed"), _("Status"), _("Customer number"), _("Customer"), _("Country")),
    *(_("Payment method"), _("Net"), _("VAT"), _("Total"), _("Sold, less given back"), _("Still owed")),
    *(_("Owed back"), _("Currency")),
)
LINES: Sequence[Text] = (
    *(_("Order"), _("Placed"), _("Line"), _("Code"), _("Name"), _("Quantity"), _("Units charged"), _("Unit price")),
    *(_("Rate in %"), _("Net"), _("VAT"), _("Total"), _("Currency"), _("Status"), _("Delivered")),
)
DOCUMENTS: Sequence[Text] = (
    *(_("Number"), _("Kind"), _("Day of issue"), _("Order"), _("Buyer"), _("Corrects"), _("Net"), _("VAT")),
    *(_("Total"), _("Currency")),
)
PAYMENTS: Sequence[Text] = (
    *(_("Payment"), _("First seen"), _("Provider"), _("Reference"), _("Status"), _("Order"), _("Customer number")),
    *(_("Amount"), _("Currency")),
)
SEATS: Sequence[Text] = (
    *(_("Seat"), _("Sold"), _("Order"), _("Customer number"), _("Code"), _("Name"), _("Course"), _("State")),
    *(_("Assignable until"),),
)


def order_rows(export: BookExport) -> Iterator[Cells]:
    """Yield the orders placed in the period, with what the ledger says of each."""
    orders = _of_period(Order.objects.all(), export, "placed_at").annotate(
        sold=sum_by_order(Account.SALES, Account.VAT, Account.TO_BE_INVOICED),
        owed=sum_by_order(Account.RECEIVABLE),
        owed_back=sum_by_order(Account.REFUNDS_OWED),
    )
    for order in orders.select_related("account").order_by("pk").iterator(CHUNK):
        yield [
            *(order.number, order.placed_at, order.paid_at, order.get_status_display()),
            *(customer_number(order.account_id), order.account.name or ERASED, str(order.billing_country)),
            *(method_label(order.method) if order.method else "", order.net, order.tax, order.gross),
            *(from_minor_units(units, order.currency) for units in (-order.sold, order.owed, -order.owed_back)),
            order.currency,
        ]


def line_rows(export: BookExport) -> Iterator[Cells]:
    """Yield the lines of the orders placed in the period."""
    lines = _of_period(OrderLine.objects.all(), export, "order__placed_at").select_related("order")
    for line in lines.order_by("order", "position").iterator(CHUNK):
        yield [
            *(line.order.number, line.order.placed_at, line.position, line.entry_code),
            *(in_reader_language(line.entry_name), line.quantity, line.charged, line.unit_net, line.tax_rate),
            *(line.net, line.tax, line.gross, line.order.currency, line.get_status_display(), line.fulfilled_at),
        ]


def document_rows(export: BookExport) -> Iterator[Cells]:
    """Yield the documents issued in the period; credit notes with the number that they correct, below zero. Documents
    alone name an erased customer."""
    order = Order.objects.filter(pk=OuterRef("order_id"))
    closed = order.filter(Q(sealed_at__isnull=False) | Q(blanked_at__isnull=False))
    documents = Document.objects.filter(issued_on__range=(export.starts_on, export.ends_on)).select_related("corrects")
    told = documents.annotate(order_number=Subquery(order.values("number")), is_closed=Exists(closed))
    for document in told.order_by("issued_on", "pk").iterator(CHUNK):
        data, sign = document.data, -1 if document.kind == Document.Kind.CREDIT_NOTE else 1
        buyer = ERASED if document.is_closed else (data.get("buyer") or {}).get("name", "")
        corrected = document.corrects.number if document.corrects else ""
        yield [
            *(document.number, document.get_kind_display(), document.issued_on, document.order_number or ""),
            *(buyer, corrected),
            *(sign * Decimal(data[name]) if name in data else None for name in ("net", "tax", "gross")),
            data.get("currency", ""),
        ]


def payment_rows(export: BookExport) -> Iterator[Cells]:
    """Yield the payments first seen in the period."""
    payments = _of_period(Payment.objects.all(), export, "created_at").select_related("order")
    for payment in payments.order_by("pk").iterator(CHUNK):
        order = payment.order
        yield [
            *(payment.pk, payment.created_at, method_label(payment.provider), payment.reference),
            *(payment.get_status_display(), order.number if order else ""),
            *(customer_number(order.account_id) if order else "", payment.amount, payment.currency),
        ]


def seat_rows(export: BookExport) -> Iterator[Cells]:
    """Yield the seats sold in the period; nobody who has one is named."""
    seats = _of_period(Seat.objects.all(), export, "batch__sold_at").select_related("batch", "course")
    for seat in seats.order_by("pk").iterator(CHUNK):
        yield [
            *(seat.pk, seat.batch.sold_at, seat.batch.order_number, customer_number(seat.account_id)),
            *(
                seat.batch.entry_code,
                in_reader_language(seat.batch.entry_name),
                seat.course.name if seat.course else "",
            ),
            *(seat.get_state_display(), seat.valid_until or seat.batch.valid_until),
        ]


def _of_period(rows: QuerySet[Any], export: BookExport, moment: str) -> QuerySet[Any]:
    starts, ends = day_starts(export.starts_on), day_ends(export.ends_on)
    return rows.filter(**{f"{moment}__gte": starts, f"{moment}__lt": ends})
