"""Settlement of an order: its release rule is met, by a payment or a promise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from billing.ledger.services import Entry
from common.plain_inserts import insert_row
from documents.issued.mailed import hold_mails
from shop.orders import fulfilment, mails
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.orders.transitions import move_order
from shop.papers import services as papers
from shop.papers.lines import lines_of
from shop.payments import late_money
from shop.payments.models import Payment, Settlement
from shop.payments.requests.asked import Asked
from shop.postings import services as postings
from shop.seller.models import ShopIdentity

if TYPE_CHECKING:
    from accounts.people.models import User


def has_its_places(order: Order, *, now: datetime) -> bool:
    """Tell whether a locked order can be released: its places are held, or could be had again, which holds them."""
    if order.status == Order.Status.PLACED and not order.has_lost_places:
        return True
    return late_money.places_retaken(order, now=now)


def release_order(
    order: Order,
    *,
    method: str,
    payment: Payment | None,
    deposits: Decimal,
    allocated: Entry | None,
    asked: Sequence[Asked],
    actor: User | None,
    now: datetime,
) -> None:
    """Settle a locked order whose places are held: it is paid, which means released, and delivered.

    `payment` is what it took last, with its entry `allocated`; None for a promise. `deposits` is what came before,
    `asked` what the order asks for, with all that it has received.
    """
    settlement = Settlement(order=order, payment=payment, at=now)
    insert_row(settlement)
    move_order(
        order,
        Order.Status.PAID,
        what=OrderEvent.What.PAID,
        actor=actor,
        now=now,
        detail={"provider": method},
        paid_at=now,
        method=method,
    )
    lines = lines_of(order.pk)
    fulfilment.begin(order, [each.line for each in lines], now=now)
    seller = ShopIdentity.current()
    mails.queue_payment_received(order, seller=seller, now=now)
    documents = papers.issue_at_settlement(order, lines, payment=payment, asked=asked, seller=seller, now=now)
    invoiced = [(each.line, each.invoiced.net, each.invoiced.tax) for each in lines]
    postings.post_settlement(settlement, deposits=deposits, invoiced=invoiced, allocated=allocated, documents=documents)
    hold_mails(order_id=order.pk, at=now)
