"""Taxes of an order whose billing details are corrected: they are sold, and stay as they are."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from billing.taxes.deciding import Buyer, Rule, decide
from common.refusals import Refused
from shop.checkout.taxes import counts
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.seller.models import ShopIdentity


class TaxWouldChange(Refused):
    """Refusal of details with which an order would have been taxed otherwise."""

    message = _(
        "The tax of this order follows from the country and the VAT number. With these it would be another one, so "
        "nothing was changed: the order has to be made anew."
    )


def refuse_other_tax(order: Order, *, country: str, vat_id: str, now: datetime) -> None:
    """Raise TaxWouldChange where a line of an order would be taxed elsewhere, or by another rule, if it were sold to
    a buyer in `country` with this VAT number. Two queries, and another one where VIES has to know the number."""
    seller = ShopIdentity.current()
    has_vat_id = counts(vat_id, country, seller=seller, now=now)
    buyer = Buyer(country=country, is_organisation=order.is_organisation, has_vat_id=has_vat_id)
    for line in OrderLine.objects.filter(order=order).select_related("entry"):
        rule, place = decide(line.entry.supply, str(line.entry.held_in), buyer, seller=str(seller.country))
        if _kept(rule, place) != _kept(line.tax_terms.get("rule", Rule.OWN), line.tax_terms.get("country", "")):
            raise TaxWouldChange


def _kept(rule: str, place: str) -> tuple[str, bool]:
    """Return where a sale is taxed, "" where the seller is, and whether the buyer declares the tax."""
    return ("" if rule == Rule.OWN else place, rule == Rule.REVERSE_CHARGE)
