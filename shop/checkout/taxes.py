"""Taxes of a cart once it is known who buys it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from billing.taxes.deciding import Buyer, Rule
from catalog.sold_taxes import SoldTax, decided_taxes
from common.vat import is_of_country
from shop.cart.pricing import PricedCart, PricedLine, of_cart, summed
from shop.checkout.parties import OrderDetails


def taxed_for(priced: PricedCart, details: OrderDetails, *, seller_country: str, day: date) -> PricedCart:
    """Return the cart with the taxes that hold for this buyer on a day. One query, none where each entry has its
    own."""
    buyer = Buyer(
        country=str(details.address.country),
        is_organisation=details.is_organisation,
        has_vat_id=is_of_country(details.vat_id, str(details.address.country)),
    )
    entries = [line.line.entry for line in priced.lines]
    taxes = decided_taxes(entries, buyer=buyer, seller_country=seller_country, day=day)
    if all(line.tax == tax for line, tax in zip(priced.lines, taxes, strict=True)):
        return priced
    alone = [_taxed(line, tax) for line, tax in zip(priced.lines, taxes, strict=True)]
    return of_cart(priced.cart, summed(alone))


def _taxed(line: PricedLine, tax: SoldTax) -> PricedLine:
    if line.price is None:
        return replace(line, tax=tax)
    # A price with tax keeps its total at the rate of another country, and is sold net where no tax is due here.
    is_freed = tax.terms.get("rule") in (Rule.REVERSE_CHARGE, Rule.OUTSIDE)
    return replace(line, tax=tax, price=line.price.without_tax() if is_freed else line.price.at_rate(tax.rate))
