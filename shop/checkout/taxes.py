"""Taxes of a cart once it is known who buys it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.utils import timezone

from billing.taxes.deciding import Buyer, Rule
from catalog.sold_taxes import SoldTax, decided_taxes
from common.vat import is_of_country
from shop.cart.pricing import PricedCart, PricedLine, of_cart, summed
from shop.checkout.parties import OrderDetails
from shop.seller.models import ShopIdentity
from shop.vat_ids.selectors import is_asked_of_vies, is_known_valid


def taxed_for(priced: PricedCart, details: OrderDetails, *, seller: ShopIdentity, now: datetime) -> PricedCart:
    """Return the cart with the taxes that hold for this buyer. One query, none where each entry has its own; another
    one for a VAT number on which the seller does not rely before VIES has answered."""
    buyer = Buyer(
        country=str(details.address.country),
        is_organisation=details.is_organisation,
        has_vat_id=counts(details.vat_id, str(details.address.country), seller=seller, now=now),
    )
    entries = [line.line.entry for line in priced.lines]
    taxes = decided_taxes(entries, buyer=buyer, seller_country=str(seller.country), day=timezone.localdate(now))
    if all(line.tax == tax for line, tax in zip(priced.lines, taxes, strict=True)):
        return priced
    alone = [_taxed(line, tax) for line, tax in zip(priced.lines, taxes, strict=True)]
    return of_cart(priced.cart, summed(alone))


def counts(vat_id: str, country: str, *, seller: ShopIdentity, now: datetime) -> bool:
    """Tell whether the VAT number of a buyer in a country counts for the tax. One query where VIES has to say so."""
    if not is_of_country(vat_id, country):
        return False
    if seller.vat_id_rule == ShopIdentity.VatIdRule.TRUST:
        return True
    if not is_asked_of_vies(vat_id, seller_country=str(seller.country)):
        return True
    return is_known_valid(vat_id, now=now)


def _taxed(line: PricedLine, tax: SoldTax) -> PricedLine:
    if line.price is None:
        return replace(line, tax=tax)
    # A price with tax keeps its total at the rate of another country, and is sold net where no tax is due here.
    is_freed = tax.terms.get("rule") in (Rule.REVERSE_CHARGE, Rule.OUTSIDE)
    return replace(line, tax=tax, price=line.price.without_tax() if is_freed else line.price.at_rate(tax.rate))
