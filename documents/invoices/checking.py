"""Checks of an invoice before it is issued: afterwards it is frozen, and only a credit note helps."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from common.currencies import step_of
from documents.invoices.codes import faults_of_codes, is_blank
from documents.invoices.treatments import RATES, TREATMENTS, may_share
from documents.invoices.values import TRANSFER, Invoice, Tax

# Largest that every reader of e-invoices takes.
MOST = Decimal("999999999999.99")


class BadInvoice(ValueError):
    """An invoice that may not be issued: `faults` are stable codes, one for each thing that is missing or wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(", ".join(faults))
        self.faults = faults


def check(kind: str, invoice: Invoice) -> None:
    """Raise BadInvoice unless the invoice says all that a document of the kind must, and its sums agree."""
    faults = list(faults_of(kind, invoice))
    if faults:
        raise BadInvoice(faults)


def faults_of(kind: str, invoice: Invoice) -> Iterator[str]:
    """Yield a code for each fault, such as `seller.siret` or `sum.net`."""
    yield from _of_seller(invoice)
    yield from _of_buyer(invoice)
    yield from _of_lines(invoice)
    yield from _of_taxes(invoice)
    yield from _of_sums(invoice)
    yield from _of_payment(kind, invoice)
    yield from _of_kind(kind, invoice)
    yield from faults_of_codes(invoice)


def _of_seller(invoice: Invoice) -> Iterator[str]:
    seller = invoice.seller
    for name in ("name", "street", "postal_code", "city", "country", "siren", "legal_line", "email"):
        if is_blank(getattr(seller, name)):
            yield f"seller.{name}"
    if any(tax.treatment == "training" for tax in invoice.taxes) and not seller.activity_number:
        yield "seller.activity_number"
    needs_vat = any(TREATMENTS[tax.treatment].category in ("S", "AE", "G") for tax in _known(invoice))
    if needs_vat and not seller.vat_number:
        yield "seller.vat_number"
    if invoice.buyer_kind == "business":
        for name in ("recovery", "penalties", "discount"):
            if is_blank(getattr(invoice.terms, name)):
                yield f"terms.{name}"


def _of_buyer(invoice: Invoice) -> Iterator[str]:
    buyer = invoice.buyer
    for name in ("name", "street", "postal_code", "city", "country"):
        # Many countries have no postal codes.
        if is_blank(getattr(buyer, name)) and (name != "postal_code" or buyer.country == "FR"):
            yield f"buyer.{name}"
    if invoice.buyer_kind != "consumer" and buyer.country == "FR" and not buyer.siren:
        yield "buyer.siren"
    if any(TREATMENTS[tax.treatment].category == "AE" for tax in _known(invoice)) and not buyer.vat_number:
        yield "buyer.vat_number"


def _of_lines(invoice: Invoice) -> Iterator[str]:
    if not invoice.lines:
        yield "lines"
    keys = {tax.key for tax in invoice.taxes}
    for place, line in enumerate(invoice.lines):
        if is_blank(line.name):
            yield f"lines[{place}].name"
        if line.tax not in keys:
            yield f"lines[{place}].tax"
        if _decimals(line.quantity) > 4 or line.quantity <= 0:
            yield f"lines[{place}].quantity"
        if _decimals(line.unit_net) > 6 or line.unit_net < 0:
            yield f"lines[{place}].unit_net"
        # A line's net may be rounded, spread or taken out of a gross price: the unit's net follows it, not exactly.
        tolerance = step_of(invoice.currency) + line.quantity * Decimal("0.000001")
        if abs(line.quantity * line.unit_net - line.net) > tolerance:
            yield f"lines[{place}].net"
        if line.starts_on and line.ends_on and line.starts_on > line.ends_on:
            yield f"lines[{place}].ends_on"


def _of_taxes(invoice: Invoice) -> Iterator[str]:
    categories = [TREATMENTS[tax.treatment].category for tax in _known(invoice)]
    if len(categories) < len(invoice.taxes) or not categories:
        yield "taxes.treatment"
    if len({tax.key for tax in invoice.taxes}) < len(invoice.taxes):
        yield "taxes.key"
    if len({(each.treatment, each.rate.normalize(), each.country) for each in invoice.taxes}) < len(invoice.taxes):
        yield "taxes.twice"
    if not may_share({tax.treatment for tax in invoice.taxes}):
        yield "taxes.outside_alone"
    for tax, category in zip(_known(invoice), categories, strict=True):
        has_rate = tax.rate > 0 and (not tax.is_french(invoice.seller) or f"{tax.rate.normalize():f}" in RATES)
        if has_rate != (category == "S") or (category != "S" and (tax.rate or tax.tax)):
            yield f"taxes[{tax.key}].rate"
        # Taken out of gross prices, or spread, the tax may differ by a step for each line; that of a part, which is the
        # difference of two rounded sums, by two.
        lines = max(1, sum(line.tax == tax.key for line in invoice.lines))
        if abs(tax.net * tax.rate / 100 - tax.tax) > 2 * step_of(invoice.currency) * lines:
            yield f"taxes[{tax.key}].tax"


def _of_sums(invoice: Invoice) -> Iterator[str]:
    amounts = [invoice.net, invoice.tax, invoice.gross, invoice.paid, *(each.amount for each in invoice.dues)]
    amounts += [line.net for line in invoice.lines]
    amounts += [amount for tax in invoice.taxes for amount in (tax.net, tax.tax)]
    if any(_decimals(amount) > 2 or not 0 <= amount <= MOST for amount in amounts):
        yield "amounts"
    for tax in invoice.taxes:
        if tax.net != sum(line.net for line in invoice.lines if line.tax == tax.key):
            yield f"sum.{tax.key}"
    if invoice.net != sum(tax.net for tax in invoice.taxes):
        yield "sum.net"
    if invoice.tax != sum(tax.tax for tax in invoice.taxes):
        yield "sum.tax"
    if invoice.gross != invoice.net + invoice.tax or not invoice.gross:
        yield "sum.gross"
    if invoice.paid > invoice.gross:
        yield "sum.paid"
    if invoice.dues and sum(due.amount for due in invoice.dues) != invoice.due:
        yield "sum.dues"


def _of_payment(kind: str, invoice: Invoice) -> Iterator[str]:
    payment = invoice.payment
    if payment is not None and payment.means == TRANSFER and invoice.due and not payment.iban:
        yield "payment.iban"
    if kind in ("invoice", "final", "deposit") and invoice.due and not invoice.dues:
        yield "dues"
    if kind in ("invoice", "deposit") and not invoice.due and (payment is None or payment.paid_on is None):
        yield "payment.paid_on"


def _of_kind(kind: str, invoice: Invoice) -> Iterator[str]:
    if kind == "final" and not invoice.earlier:
        yield "earlier"
    if kind == "receipt" and invoice.due:
        yield "sum.paid"


def _known(invoice: Invoice) -> list[Tax]:
    return [tax for tax in invoice.taxes if tax.treatment in TREATMENTS]


def _decimals(amount: Decimal) -> int:
    """Return the number of decimals that are not zeros; many for what is no number."""
    if not amount.is_finite():
        return 99
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 99
