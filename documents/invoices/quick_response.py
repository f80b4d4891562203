"""QR code of a transfer, after the European Payments Council (EPC069-12)."""

from __future__ import annotations

import io

from segno.helpers import make_epc_qr

from documents.invoices.values import TRANSFER, Invoice

_LONGEST_NAME, _LONGEST_TEXT = 70, 140


def epc_code(invoice: Invoice) -> str:
    """Return an SVG, or "" where nothing is to be transferred in euros, or the code cannot say it."""
    payment = invoice.payment
    if payment is None or payment.means != TRANSFER or not payment.iban or not invoice.due or invoice.currency != "EUR":
        return ""
    name = (payment.account_name or invoice.seller.name)[:_LONGEST_NAME]
    text = payment.reference[:_LONGEST_TEXT]
    try:
        code = make_epc_qr(name=name, iban=payment.iban, amount=invoice.due, text=text, bic=payment.bic or None)
    except ValueError:
        return ""
    out = io.BytesIO()
    code.save(out, kind="svg", xmldecl=False)
    return out.getvalue().decode()
