"""Taxes of an order whose billing details are corrected: they are sold, and stay as they are."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from billing.taxes.deciding import Buyer, Rule, decide
from common.refusals import Refused
from common.vat import is_of_country
from shop.checkout.taxes import counts
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.seller.models import ShopIdentity
from shop.vat_ids.models import VatCheck
from shop.vat_ids.selectors import last_answer


class TaxWouldChange(Refused):
    """Refusal of details with which an order would have been taxed otherwise."""

    message = _(
        "The tax of this order follows from the country and the VAT number. With these it would be another one, so "
        "nothing was changed: the order has to be made anew."
    )


def refuse_other_tax(order: Order, *, country: str, vat_id: str, now: datetime) -> None:
    """Raise TaxWouldChange where a line of an order would be taxed elsewhere, or by another rule, if it were sold to
    a buyer in `country` with this VAT number. Two queries, and one or two others where VIES has to know the number."""
    seller = ShopIdentity.current()
    lines = list(OrderLine.objects.filter(order=order).select_related("entry"))
    has_vat_id = counts(vat_id, country, seller=seller, now=now) or (
        any(_rule_of(line) == Rule.REVERSE_CHARGE for line in lines) and _may_yet_count(vat_id, country, now=now)
    )
    buyer = Buyer(country=country, is_organisation=order.is_organisation, has_vat_id=has_vat_id)
    for line in lines:
        rule, place = decide(line.entry.supply, str(line.entry.held_in), buyer, seller=str(seller.country))
        if _kept(rule, place) != _kept(_rule_of(line), line.tax_terms.get("country", "")):
            raise TaxWouldChange


def _may_yet_count(vat_id: str, country: str, *, now: datetime) -> bool:
    """Tell whether an order sold without VAT keeps its tax with this number until VIES has answered: it is one of the
    country, and VIES did not say lately that it is not valid. The answer is told as that about the first number was."""
    return is_of_country(vat_id, country) and last_answer(vat_id, now=now) != VatCheck.State.INVALID


def _rule_of(line: OrderLine) -> str:
    return str(line.tax_terms.get("rule", Rule.OWN))


def _kept(rule: str, place: str) -> tuple[str, bool]:
    """Return where a sale is taxed, "" where the seller is, and whether the buyer declares the tax."""
    return ("" if rule == Rule.OWN else place, rule == Rule.REVERSE_CHARGE)
