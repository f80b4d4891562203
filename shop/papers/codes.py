"""Tax codes of lines sold at 0 before there were any, which the merchant says when their invoice is issued by hand."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from billing.taxes.kinds import TAXED, TaxKind
from catalog.models.taxes import Tax
from common.refusals import Refused
from shop.orders.lines.models import OrderLine

# Keys by which the books know the parts of a sale: a line keeps those under which it was posted.
_OF_THE_BOOKS = ("code", "kind")


class CodeRefused(Refused):
    """Refusal of a tax code that lines sold at 0 cannot have had."""

    message = gettext_lazy("Choose a tax code without a rate that is decided.")


def codes_to_say() -> QuerySet[Tax]:
    """Return the codes that a line sold at 0 may have had."""
    return Tax.objects.exclude(kind__in=(*TAXED, TaxKind.UNDECIDED)).order_by("name", "pk")


def say_code(*, orders: Collection[int], tax_id: int) -> int:
    """Freeze the words of a tax code on the lines of orders that were sold at 0 without any; return how many. A line
    that has its words keeps them, and amounts stay as they are. Raises CodeRefused."""
    tax = codes_to_say().filter(pk=tax_id).first()
    if tax is None:
        raise CodeRefused
    terms = {name: value for name, value in tax.terms().items() if name not in _OF_THE_BOOKS}
    return OrderLine.objects.filter(order__in=orders, tax_rate=0, tax_terms={}).update(tax_terms=terms)
