"""Documents that the books wait for and nobody has noted: of units that a release without documents gave back."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from billing.ledger.models import Account
from billing.ledger.selectors import orders_with
from shop.orders.models import Order
from shop.papers.models import MissingPaper
from shop.papers.services import NothingToInvoice, StillMissing, issue_by_hand

ORDERS_A_RUN = 200


def issue_lacking(*, now: datetime) -> int:
    """Issue what settled orders have to be invoiced, or to be credited, by the books; note what is missing for it.
    Return the number of orders with a new document. An order of which nothing can be issued or noted keeps none that
    came after it from their turn."""
    waiting = Order.objects.filter(
        pk__in=orders_with(Account.TO_BE_INVOICED), paid_at__isnull=False, missing_paper__isnull=True
    )
    tried = (_issue(order_id, now=now) for order_id in list(waiting.order_by("pk").values_list("pk", flat=True)))
    return sum(islice((issued for issued in tried if issued is not None), ORDERS_A_RUN))


def _issue(order_id: int, *, now: datetime) -> bool | None:
    """Tell whether a document was issued, or what it lacks noted; None where neither was possible."""
    try:
        return bool(issue_by_hand(order_id=order_id, actor=None, now=now))
    except NothingToInvoice:
        # The books and the documents disagree: `verify_ledger` names it.
        return None
    except StillMissing as missing:
        MissingPaper.objects.get_or_create(order_id=order_id, defaults={"faults": missing.faults, "since": now})
        return False
