"""Pro-forma invoices: made on demand while an order waits for money, for who must show a paper to be allowed to pay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy

from common.again import again_after_deadlock
from common.moments import local_day
from common.refusals import Refused
from documents.invoices.values import Due, as_data
from documents.issued.models import Document
from documents.issued.plain import digest_of
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.papers.contents import contents_of
from shop.papers.issuing import issue_planned
from shop.papers.lines import lines_of
from shop.papers.occasions import dues_of
from shop.papers.planning import Planned, plan_pro_formas
from shop.papers.services import StillMissing
from shop.payments.requests.asked import asked_of
from shop.seller.models import ShopIdentity

if TYPE_CHECKING:
    from accounts.people.models import User


class NothingToPay(Refused):
    """Refusal of a pro-forma invoice for an order that waits for no money."""

    message = gettext_lazy("A pro-forma invoice is made only while an order waits for its payment.")


def may_have_pro_forma(order: Order) -> bool:
    """Tell whether an order waits for money. No query."""
    return order.status == Order.Status.PLACED and not order.is_free and order.blanked_at is None


@again_after_deadlock
@transaction.atomic
def make_pro_forma(*, order_id: int, actor: User | None, now: datetime) -> list[Document]:
    """Make the pro-forma invoice of an order that waits for money; two where lines may not share one.

    One that would say the same as one that is there is that one. Locks the order. Raises NothingToPay and StillMissing;
    then nothing was written.
    """
    order = lock_order(order_id)
    if not may_have_pro_forma(order):
        raise NothingToPay
    dues = dues_of(asked_of(order), now=now) or (Due(on=local_day(now), amount=order.gross),)
    planned = plan_pro_formas(order.pk, lines_of(order.pk), dues)
    issued = issue_planned(
        order, list(_named_by_contents(order, planned, now=now)), is_settled=False, now=now, by=actor
    )
    if issued.faults:
        raise StillMissing(issued.faults)
    return issued.documents


def _named_by_contents(order: Order, planned: Iterable[Planned], *, now: datetime) -> Iterable[Planned]:
    """Yield the plans, each with a fact that names what it says."""
    seller = ShopIdentity.current()
    for each in planned:
        said = as_data(contents_of(order, each, seller=seller, day=local_day(now)))
        yield replace(each, fact=f"{each.fact}:{digest_of(said).hex()[:16]}")
