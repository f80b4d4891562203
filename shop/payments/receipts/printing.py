"""Receipt of an outside payer as a PDF, made each time it is asked for: all that it says is kept in rows that stay.

It is no document of the books: the documents of a sale are the buyer's, and it has no number of a series.
"""

from __future__ import annotations

from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common.moments import local_day
from common.templatetags.money import money
from documents.pdf.printing import print_page
from documents.pdf.readable import readable
from shop.orders.models import Order
from shop.payments.receipts.selectors import payer_of
from shop.payments.registry import method_label
from shop.payments.requests.givers import Giver
from shop.payments.requests.models import Allocation, PaymentRequest
from shop.seller.frozen import seller_of


def receipt_pdf(order: Order, given: Allocation) -> bytes:
    """Return the PDF of money given to a part of an order, in the active language. One query."""
    day = local_day(given.at)
    page, _was_changed = readable(_page(order, given))
    return print_page("payment-1", page | {"day": [day.year, day.month, day.day]}, day=day)


def name_of(order: Order, given: Allocation) -> str:
    """Return the name of a receipt's file, without its ending."""
    return f"receipt-{order.number}-{given.pk}"


def _page(order: Order, given: Allocation) -> dict[str, Any]:
    seller = seller_of(order)
    numbers = [
        _("SIRET %(number)s") % {"number": seller.siret} if seller.siret else "",
        _("VAT number %(number)s") % {"number": seller.vat_number} if seller.vat_number else "",
    ]
    return {
        "title": _("Receipt of a payment for order %(number)s") % {"number": order.number},
        "author": seller.name,
        "language": get_language() or order.language,
        "page": _("page"),
        "seller": [line for line in (*seller.address.lines, *numbers) if line],
        "facts": list(_facts(order, given)),
        "amount-label": _("Amount received"),
        "amount": money(given.amount, order.currency),
        "note": _("This receipt is no invoice: the invoice is made out to the buyer."),
    }


def _facts(order: Order, given: Allocation) -> list[list[str]]:
    facts = [
        (_("Received on"), date_format(local_day(given.at), "DATE_FORMAT")),
        (_("Paid by"), payer_in_words(given.request)),
        (_("Payment method"), method_label(given.payment.provider)),
        (_("Order number"), order.number),
        (_("Asked for by"), order.billing_name),
        (_("Purchase-order reference"), order.purchase_reference),
    ]
    return [[label, value] for label, value in facts if value]


def payer_in_words(request: PaymentRequest) -> str:
    """Return the name of the organisation that has promised a part, else the address that was asked for it; "" if
    neither is known any more. One query at most."""
    giver = Giver.kept(request.giver).name if request.giver else ""
    return giver or payer_of(request)
