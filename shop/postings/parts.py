"""Parts of the accounts for sales and VAT: the tax code and rate of a sold line, and lines of the ledger by them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal

from django.utils.formats import localize

from billing.ledger.models import Account
from billing.ledger.services import Line
from billing.taxes.kinds import TaxKind
from catalog.models.taxes import Tax
from common.admin.display import NOTHING
from common.currencies import in_minor_units
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.payments.registry import get_provider, method_label


def part_of(line: OrderLine) -> str:
    """Return the part that a line belongs to: its rate, after the key of its tax code, or the kind of one that is not
    kept, where the line has either."""
    code = line.tax_terms.get("code") or line.tax_terms.get("kind")
    return f"{code}:{line.tax_rate}" if code else str(line.tax_rate)


# Line of an order, with a net and a tax of it.
Part = tuple[OrderLine, Decimal, Decimal]


def lines_by_part(order: Order, account: Account, parts: Iterable[Part]) -> Iterator[Line]:
    """Yield the nets of an order's parts as sales, or their taxes as VAT, by tax code and rate: as credits."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line, net, tax in parts:
        sums[part_of(line)] += net if account == Account.SALES else tax
    for part, total in sorted(sums.items()):
        yield Line(account, -in_minor_units(total, order.currency), order.account_id, order.pk, part)


def in_words(parts: Collection[str]) -> Mapping[str, str]:
    """Return each part for a person to read: name and rate of a tax code, a payment method, any other as it is. One
    query, none where no part names a code."""
    keys = {part: int(code) for part in parts if (code := part.partition(":")[0]) != part and code.isdecimal()}
    names = Tax.objects.in_bulk(set(keys.values()))
    return {part: _named(part, names.get(keys.get(part, 0))) for part in parts}


def _named(part: str, code: Tax | None) -> str:
    kind, _colon, rate = part.partition(":")
    named = code or TaxKind(kind).label if rate and (code or kind in TaxKind.values) else None
    if named:
        return f"{named} ({localize(Decimal(rate))} %)"
    return method_label(part) if get_provider(part) else part or NOTHING
