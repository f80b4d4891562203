"""Whether a customer may still correct an order's billing details."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from common.refusals import Sentence
from documents.issued.models import Document
from shop.orders.models import Order
from shop.orders.selectors import Sight
from shop.orders.standing import NOT_ENDED

ISSUED = _("A document was issued with these details. It stays as it is, so they cannot be changed here any more.")
OVER = _("This order is over, so its details cannot be changed here any more.")


def sees_billing(order: Order, sight: Sight) -> bool:
    """Tell whether somebody who sees an order may correct its billing details: whoever sees its invoices."""
    return sight.sees_papers and not order.is_closed


def why_not_correctable(order: Order) -> Sentence:
    """Return a sentence that tells why a customer cannot correct an order any more; "" if they can. One query."""
    if order.is_closed or order.status not in NOT_ENDED:
        return OVER
    papers = Document.objects.filter(order_id=order.pk)
    return ISSUED if is_issued(papers.values_list("kind", flat=True)) else ""


def is_issued(kinds: Iterable[str]) -> bool:
    """Tell whether documents of these kinds bind: a pro-forma invoice is made anew when its details have changed."""
    return any(kind != Document.Kind.PROFORMA for kind in kinds)
