"""Plans over an order's payment requests: who gets how much of a payment, and whether that releases the order. Plain
functions over rows read before; no query but in `asked_of`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from catalog.pricing import ZERO
from common.plain_rows import plain_rows_with
from shop.orders.models import Order
from shop.payments.requests.models import PaymentRequest

State = PaymentRequest.State

RECEIVED = (
    "coalesce((SELECT sum(amount) FROM shop_allocation given"
    " WHERE given.request_id = this.id AND given.released_at IS NULL), 0)"
)

# For a query over orders: what the part that is paid next (`next_part`) has to get, the total if there is none.
NEXT_REST = f"""
coalesce((
    SELECT rest FROM (
        SELECT asked.position, asked.promise,
            asked.amount - asked.lowered - {RECEIVED.replace("this.id", "asked.id")} AS rest
        FROM shop_paymentrequest asked WHERE asked.order_id = this.id AND asked.replaced_at IS NULL
    ) AS rests WHERE rest > 0 ORDER BY promise = 'opco', position LIMIT 1
), this.gross)
"""  # noqa: S608  no text from outside


@dataclass(frozen=True)
class Asked:
    """Payment request with what it has received so far."""

    request: PaymentRequest
    received: Decimal

    @property
    def asks(self) -> Decimal:
        """Amount that is asked for, paid or not."""
        return self.request.amount - self.request.lowered

    @property
    def payer(self) -> str:
        """Name of an OPCO that has promised it, told apart by the request; "" for the buyer."""
        is_share = self.request.promise == PaymentRequest.Promise.OPCO
        return f"opco:{self.request.position}" if is_share else ""

    @property
    def rest(self) -> Decimal:
        """Amount that is still to come, whether it is promised or not."""
        return self.asks - self.received


def of_payer(asked: Iterable[Asked], payer: str, invoiced: Collection[str]) -> list[Asked]:
    """Return the requests that a payer's invoices tell of, where those `invoiced` have some: a share that an OPCO
    promised once the buyer had the invoice is the buyer's there."""
    return [each for each in asked if (each.payer if each.payer in invoiced else "") == payer]


@dataclass(frozen=True)
class Share:
    """Part of a payment for one request."""

    asked: Asked
    amount: Decimal

    @property
    def is_whole(self) -> bool:
        """Tell whether the request has received all with it."""
        return self.amount == self.asked.rest


def asked_of(order: Order) -> list[Asked]:
    """Return the requests of an order that were not replaced, by position. One query."""
    rest = "WHERE order_id = %s AND replaced_at IS NULL ORDER BY position"
    return [Asked(*row) for row in plain_rows_with(PaymentRequest, RECEIVED, rest, [order.pk])]


def with_shares(asked: Sequence[Asked], shares: Sequence[Share]) -> list[Asked]:
    """Return requests with what they have received once they got their shares of a payment."""
    more = {share.asked.request.pk: share.amount for share in shares}
    return [replace(each, received=each.received + more.get(each.request.pk, ZERO)) for each in asked]


def still_to_come(asked: Sequence[Asked]) -> Decimal:
    return sum((each.rest for each in asked), ZERO)


def left_to_buyer(asked: Iterable[Asked]) -> list[Asked]:
    """Return the parts that are still to come from the buyer: all but those that an OPCO has promised."""
    return [each for each in asked if each.rest > 0 and not each.payer]


def next_part(asked: Iterable[Asked]) -> Asked | None:
    """Return the part that is paid next: the first one still to come, of the buyer before any that an OPCO has
    promised; None if nothing is."""
    return min((each for each in asked if each.rest > 0), key=lambda each: bool(each.payer), default=None)


def amounts_expected(order: Order) -> set[Decimal]:
    """Return the amounts that may come for an order in one payment: of each request, of all that is the buyer's, and of
    all together. One query."""
    owing = [each for each in asked_of(order) if each.rest > 0]
    together = {still_to_come(left_to_buyer(owing)), still_to_come(owing)} - {ZERO}
    return {each.rest for each in owing} | together or {order.gross}


def shares_of(
    asked: Sequence[Asked],
    amount: Decimal,
    *,
    in_pieces: bool,
    begun_for: Callable[[], int | None] = lambda: None,
) -> list[Share]:
    """Share an amount out to requests: to one that asks for exactly as much, else to all if they do together, or to all
    that are the buyer's; else, `in_pieces`, to one after the other, those that an OPCO has promised last. [] for an
    amount that fits none, as for one that is more than is asked.

    `begun_for` returns the key of the request for which the payment was begun; it decides among equal ones.
    """
    owing = sorted((each for each in asked if each.rest > 0), key=lambda each: bool(each.payer))
    equal = [each for each in owing if each.rest == amount]
    if len(equal) > 1:
        wanted = begun_for()
        equal.sort(key=lambda each: each.request.pk != wanted)
    if equal:
        return [Share(equal[0], amount)]
    total, own = still_to_come(owing), still_to_come(left_to_buyer(owing))
    if not ZERO < amount <= total or (amount not in (own, total) and not in_pieces):
        return []
    shares, left = [], amount
    for each in owing:
        if left > 0:
            shares.append(Share(each, min(left, each.rest)))
            left -= shares[-1].amount
    return shares


def releases(order: Order, asked: Sequence[Asked], *, more: Collection[int] = ()) -> bool:
    """Tell whether the order's release rule is met, once the requests of the keys `more` are paid or covered."""
    needed = asked[:1] if order.release_rule == Order.ReleaseRule.FIRST else asked
    done = (State.PAID, State.COVERED)
    return all(each.request.pk in more or each.request.state in done or each.rest <= 0 for each in needed)
