"""Money that left by transfer for refunds: what is on its way, and which of it a line may show."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from billing.ledger.models import Account, LedgerLine
from common.currencies import from_minor_units
from shop.orders.models import Order
from shop.payments.refunds.models import Refund
from shop.payments.requests.reference import find_reference
from shop.payments.statements.matching import LIKELY_AT_MOST, names_of, told_by, words_of
from shop.payments.statements.models import StatementLine
from shop.payments.transfers_back.selectors import names_a_transfer, transfers_like
from shop.payments.transfers_back.sepa import end_to_end_of


@dataclass(frozen=True)
class Sent:
    """Refund that a line may show: one by transfer, or what the merchant noted as paid back for an order. `is_sure`:
    the text names it. `is_known`: the merchant has noted before that it left."""

    refund: Refund | None
    order: Order | None
    is_sure: bool
    is_known: bool = False


def sent_for(line: StatementLine) -> list[Sent]:
    """Return the refunds that money which left may be, the surest first. A handful of queries."""
    if line.amount >= 0:
        return []
    found = sorted([*_transfers(line), *_noted(line)], key=lambda sent: not sent.is_sure)
    if line.perhaps_id is not None:
        found = [Sent(sent.refund, sent.order, is_sure=False, is_known=sent.is_known) for sent in found]
    return found[:LIKELY_AT_MOST]


def sure_refund(line: StatementLine) -> Sent | None:
    """Return the refund that money which left shows if it is sure. No query for a line that names none."""
    told = told_by(line)
    if line.amount >= 0 or not (names_a_transfer(told) or find_reference(told)):
        return None
    sure = [sent for sent in sent_for(line) if sent.is_sure]
    return sure[0] if len(sure) == 1 else None


def arrived_before(line: StatementLine) -> Iterator[Refund]:
    """Yield transfers of this amount that the merchant noted as arrived, and no line has shown. One query."""
    done = Refund.objects.filter(way=Refund.Way.TRANSFER, state=Refund.State.DONE, amount=-line.amount)
    unseen = done.filter(currency=line.currency, statement_line__isnull=True)
    yield from unseen.select_related("order").order_by("-done_at")[:LIKELY_AT_MOST]


def on_their_way(currency: str, *, orders: Collection[int] | None = None) -> dict[int, Decimal]:
    """Return what was noted as paid back for orders and no bank has shown yet, by the order's key: without refunds that
    providers or transfers are carrying out. Two queries."""
    lines = LedgerLine.objects.filter(account=Account.REFUNDS_SENT, entry__currency=currency, order_id__isnull=False)
    followed = Refund.objects.open().filter(currency=currency, order__isnull=False)
    if orders is not None:
        lines, followed = lines.filter(order_id__in=orders), followed.filter(order__in=orders)
    sums = lines.order_by().values_list("order_id").annotate(sum=Sum("amount")).filter(sum__lt=0)
    held = dict(followed.order_by().values_list("order_id").annotate(sum=Sum("amount")))
    sent = {order_id: from_minor_units(-units, currency) - held.get(order_id, 0) for order_id, units in sums}
    return {order_id: amount for order_id, amount in sent.items() if amount > 0}


def _transfers(line: StatementLine) -> Iterator[Sent]:
    told = told_by(line)
    for refund in transfers_like(text=told, amount=-line.amount, currency=line.currency):
        yield Sent(refund, refund.order, is_sure=end_to_end_of(refund) in told.upper())
    for refund in arrived_before(line):
        yield Sent(refund, refund.order, is_sure=end_to_end_of(refund) in told.upper(), is_known=True)


def _noted(line: StatementLine) -> list[Sent]:
    sent = on_their_way(line.currency)
    orders = Order.objects.filter(pk__in=[order_id for order_id, amount in sent.items() if amount == -line.amount])
    numbers, payee = set(find_reference(told_by(line))), words_of(line.party.name)
    found = sorted(orders, key=lambda order: (-len(payee & names_of(order)), order.placed_at))
    return [Sent(None, order, is_sure=order.number in numbers) for order in found]
