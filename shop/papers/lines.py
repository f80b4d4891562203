"""Lines of orders with what documents have invoiced of them, and what was given back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from catalog.pricing import ZERO
from common.plain_rows import plain_rows_with
from documents.invoices.treatments import may_share
from shop.orders.lines.models import OrderLine
from shop.papers.amounts import NOTHING, Amount, left_of, to_credit, to_invoice

# Of each line: net and tax invoiced by deposit invoices, less what credit notes took back of them; net and tax invoiced
# by all others; and what was given back, with tax.
_INVOICED = """
(
    SELECT ARRAY[
        coalesce(sum(invoiced.net) FILTER (WHERE 'deposit' IN (document.kind, corrected.kind)), 0),
        coalesce(sum(invoiced.tax) FILTER (WHERE 'deposit' IN (document.kind, corrected.kind)), 0),
        coalesce(sum(invoiced.net), 0),
        coalesce(sum(invoiced.tax), 0)
    ]
    FROM shop_invoicedline invoiced
    JOIN documents_document document ON document.id = invoiced.document_id
    LEFT JOIN documents_document corrected ON corrected.id = document.corrects_id
    WHERE invoiced.line_id = this.id
), (
    SELECT coalesce(sum(given.amount), 0) FROM shop_givingback given WHERE given.line_id = this.id
)
"""


@dataclass(frozen=True)
class SoldLine:
    """Line of an order. `deposits` is invoiced of it by deposit invoices, `invoiced` by all documents; `given_back` is
    with tax."""

    line: OrderLine
    deposits: Amount = NOTHING
    invoiced: Amount = NOTHING
    given_back: Decimal = ZERO

    @property
    def rest(self) -> Amount:
        """Amount that is sold and not invoiced yet."""
        return to_invoice(self.line, invoiced=self.invoiced, given_back=self.given_back)

    @property
    def lacks_documents(self) -> bool:
        """Tell whether something of the line is still to be invoiced, or to be credited."""
        beyond = to_credit(self.line, invoiced=self.invoiced, given_back=self.given_back)
        return bool(self.rest.gross or beyond.gross)

    @property
    def kept(self) -> Amount:
        """Amount that is left of the line, since some was given back."""
        return left_of(self.line, self.given_back)

    @property
    def treatment(self) -> str:
        """Key of `documents.invoices.treatments`; "" for a line whose tax code is to be said by the merchant."""
        return self.line.treatment


def lines_of(order_id: int) -> list[SoldLine]:
    """Return the lines of an order, by position. One query."""
    found = plain_rows_with(OrderLine, _INVOICED, "WHERE this.order_id = %s ORDER BY this.position", [order_id])
    return [
        SoldLine(line, Amount(*map(Decimal, each[:2])), Amount(*map(Decimal, each[2:])), Decimal(given_back))
        for line, each, given_back in found
    ]


def rest_of(lines: Iterable[SoldLine]) -> Decimal:
    """Return what is sold and not invoiced yet of some lines, with tax."""
    return sum((each.rest.gross for each in lines), ZERO)


def groups_of(lines: Sequence[SoldLine]) -> list[list[SoldLine]]:
    """Return the lines in groups that may share a document: one group for most orders, the first line's first."""
    groups: list[list[SoldLine]] = []
    for each in lines:
        fitting = (group for group in groups if may_share({each.treatment, *(other.treatment for other in group)}))
        group = next(fitting, None)
        if group is None:
            groups.append([each])
        else:
            group.append(each)
    return groups
