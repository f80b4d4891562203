"""VAT of a period: by tax code and country, of other states of the Union, and reverse charge by VAT number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import NamedTuple, TypeVar

from django.utils.translation import gettext_lazy as _

from billing.journal.vat import Basis, Due, vat_due
from billing.taxes.kinds import TAXED, TaxKind
from common.currencies import from_minor_units
from common.sheets.tables import Cells
from common.vat import is_european
from common.words import Text
from shop.books.models import BookExport
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.postings.parts import in_words, part_of
from shop.seller.models import ShopIdentity

VAT: Sequence[Text] = (
    *(_("Tax code"), _("Kind"), _("Country"), _("Rate in %"), _("Net"), _("VAT"), _("Total"), _("Currency")),
)
OSS: Sequence[Text] = (_("Country"), _("Rate in %"), _("Net"), _("VAT"), _("Currency"))
REVERSE: Sequence[Text] = (_("VAT number"), _("Country"), _("Net"), _("Currency"))
TOGETHER = 1_000
K = TypeVar("K")


class Key(NamedTuple):
    """Tax as it was sold: its part of the ledger, its kind, the country that taxes and the rate; of reverse charge the
    customer's VAT number."""

    part: str
    kind: str
    country: str
    rate: Decimal
    vat_id: str


class Sums(NamedTuple):
    """Net and VAT in minor units."""

    net: int
    vat: int


def vat_rows(export: BookExport) -> Iterator[Cells]:
    """Yield what fell due by tax code and country."""
    found: dict[Key, Sums] = {}
    for key, sums in sorted(_sums(export).items()):
        _add(found, key._replace(vat_id=""), sums)
    names, kinds = in_words({key.part for key in found}), dict(TaxKind.choices)
    for key, sums in sorted(found.items()):
        amounts = _amounts(export, sums.net, sums.vat, sums.net + sums.vat)
        yield [names[key.part], kinds.get(key.kind, ""), key.country, key.rate, *amounts, export.currency]


def oss_rows(export: BookExport) -> Iterator[Cells]:
    """Yield what fell due in other states of the Union, by country and rate."""
    seller = str(ShopIdentity.current().country)
    found: dict[tuple[str, Decimal], Sums] = {}
    for key, sums in _sums(export).items():
        if key.kind in TAXED and key.country != seller and is_european(key.country):
            _add(found, (key.country, key.rate), sums)
    for (country, rate), sums in sorted(found.items()):
        yield [country, rate, *_amounts(export, *sums), export.currency]


def reverse_rows(export: BookExport) -> Iterator[Cells]:
    """Yield the net of sales under reverse charge, by the customer's VAT number and country."""
    found: dict[tuple[str, str], Sums] = {}
    for key, sums in _sums(export).items():
        if key.kind == TaxKind.REVERSE_CHARGE:
            _add(found, (key.vat_id, key.country), sums)
    for (vat_id, country), sums in sorted(found.items()):
        yield [vat_id, country, *_amounts(export, sums.net), export.currency]


def _sums(export: BookExport) -> dict[Key, Sums]:
    """Sum what fell due. Memory grows with the number of tax codes and VAT numbers, not with that of orders."""
    period = {"starts": export.starts_on, "ends": export.ends_on}
    left = vat_due(Basis(export.basis), **period, currency=export.currency)
    found: dict[Key, Sums] = {}
    seller = str(ShopIdentity.current().country)
    while together := list(islice(left, TOGETHER)):
        keys = _keys_of(together, seller)
        for due in together:
            _add(found, keys.get((due.order_id, due.part)) or _unknown(due, seller), Sums(due.net, due.vat))
    return found


def _keys_of(dues: Sequence[Due], seller: str) -> dict[tuple[int, str], Key]:
    """Return what the lines of some orders froze of their taxes, by order and part. Two queries."""
    ids = {due.order_id for due in dues}
    columns = ("billing_country", "vat_id", "kept_billing__vat_id")
    orders = {pk: row for pk, *row in Order.objects.filter(pk__in=ids).values_list("pk", *columns)}
    found = {}
    for line in OrderLine.objects.filter(order__in=ids).only("order_id", "tax_rate", "tax_terms"):
        country, vat_id, kept = orders[line.order_id]
        kind, part = str(line.tax_terms.get("kind", "")), part_of(line)
        is_reverse = kind == TaxKind.REVERSE_CHARGE
        # Without a rate of another country, tax is our own; what bears none here belongs to the buyer's country.
        own = country if is_reverse or kind == TaxKind.OUTSIDE else seller
        taxed_in = str(line.tax_terms.get("rate_of") or own)
        found[line.order_id, part] = Key(
            part, kind, taxed_in, line.tax_rate, (vat_id or kept or "") if is_reverse else ""
        )
    return found


def _unknown(due: Due, seller: str) -> Key:
    """Return the key of a part that no line of its order names, by its text alone."""
    return Key(due.part, "", seller, Decimal(due.part.rpartition(":")[2]), "")


def _add(sums: dict[K, Sums], key: K, more: Sums) -> None:
    had = sums.get(key, Sums(0, 0))
    sums[key] = Sums(had.net + more.net, had.vat + more.vat)


def _amounts(export: BookExport, *units: int) -> list[Decimal]:
    return [from_minor_units(each, export.currency) for each in units]
