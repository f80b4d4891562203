"""Contents of credit notes: parts of an invoice, in the words in which it was frozen. No queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils import translation

from catalog.pricing import ZERO
from common.languages import in_reader_language
from documents.invoices.values import Invoice, Line, Tax
from shop.orders.lines.models import OrderLine
from shop.papers.amounts import NOTHING, Amount

UNIT_DECIMALS = Decimal("0.000001")


@dataclass(frozen=True)
class Part:
    """Part of an order line as a document states it: so many units, for an amount in all."""

    line: OrderLine
    units: int
    amount: Amount


def credit_of(invoice: Invoice, parts: Sequence[Part], *, language: str) -> Invoice:
    """Return the contents of a credit note of parts of an invoice: positive amounts, nothing paid and nothing due."""
    return replace(narrowed(invoice, parts, language=language), paid=ZERO, payment=None, dues=(), earlier=(), notes=())


def narrowed(invoice: Invoice, parts: Sequence[Part], *, language: str) -> Invoice:
    """Return an invoice of these parts alone; as it is if they are all of it."""
    whole = sum((part.amount for part in parts), NOTHING)
    if (whole.net, whole.tax) == (invoice.net, invoice.tax):
        return invoice
    with translation.override(language):
        lines = tuple(_line(part, invoice) for part in parts)
    taxes = tuple(_taxes(invoice, parts))
    return replace(invoice, lines=lines, taxes=taxes, net=whole.net, tax=whole.tax, gross=whole.gross)


def _line(part: Part, invoice: Invoice) -> Line:
    """Return a line of a part; its unit price is a share of the amount, to six decimals."""
    quantity = Decimal(part.units)
    return Line(
        name=in_reader_language(part.line.entry_name),
        quantity=quantity,
        unit_net=(part.amount.net / quantity).quantize(UNIT_DECIMALS),
        net=part.amount.net,
        tax=_tax_of(part.line, invoice).key,
    )


def _tax_of(line: OrderLine, invoice: Invoice) -> Tax:
    """Return the tax by which an invoice charges a line: of its treatment, rate and country, or of its rate for a line
    that was sold before there were treatments."""
    of_rate = [tax for tax in invoice.taxes if tax.rate == line.tax_rate]
    wanted = (line.treatment, line.tax_terms.get("rate_of", ""))
    return next((tax for tax in of_rate if (tax.treatment, tax.country) == wanted), of_rate[0])


def _taxes(invoice: Invoice, parts: Iterable[Part]) -> Iterable[Tax]:
    sums: dict[str, Amount] = defaultdict(lambda: NOTHING)
    for part in parts:
        sums[_tax_of(part.line, invoice).key] += part.amount
    for tax in invoice.taxes:
        if tax.key in sums:
            yield replace(tax, net=sums[tax.key].net, tax=sums[tax.key].tax)
