"""Parts of the accounts for sales and VAT: the tax code and rate of a sold line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from django.utils.formats import localize

from billing.taxes.kinds import TaxKind
from catalog.models.taxes import Tax
from common.admin.display import NOTHING
from shop.orders.lines.models import OrderLine


def part_of(line: OrderLine) -> str:
    """Return the part that a line belongs to: its rate, after the key of its tax code, or the kind of one that is not
    kept, where the line has either."""
    code = line.tax_terms.get("code") or line.tax_terms.get("kind")
    return f"{code}:{line.tax_rate}" if code else str(line.tax_rate)


def in_words(parts: Collection[str]) -> Mapping[str, str]:
    """Return each part for a person to read: name and rate of a tax code, any other as it is. One query, none where no
    part names a code."""
    keys = {part: int(code) for part in parts if (code := part.partition(":")[0]) != part and code.isdecimal()}
    names = Tax.objects.in_bulk(set(keys.values()))
    return {part: _named(part, names.get(keys.get(part, 0))) for part in parts}


def _named(part: str, code: Tax | None) -> str:
    kind, _colon, rate = part.partition(":")
    named = code or TaxKind(kind).label if rate and (code or kind in TaxKind.values) else None
    return f"{named} ({localize(Decimal(rate))} %)" if named else part or NOTHING
