"""Orders that a line of a bank statement may be for: proposed, never done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from catalog.pricing import ZERO
from common.search import normalise
from shop.orders.models import Order
from shop.payments.models import Payment
from shop.payments.requests.asked import asked_of
from shop.payments.requests.reference import find_nearly, find_reference
from shop.payments.statements.models import LineShare, StatementLine

ORDERS_AT_MOST = 20
LIKELY_AT_MOST = 5
# A text with long numbers may nearly mean hundreds of orders.
NEAR_AT_MOST = 500


@dataclass(frozen=True)
class Share:
    order: Order
    amount: Decimal


@dataclass(frozen=True)
class Proposal:
    """Orders that a line may be for, with the amount of each. `is_sure`: the reference and the exact amount say so.
    `is_known`: the merchant has confirmed this money by hand before. `is_near`: a mistyped reference may mean it."""

    shares: tuple[Share, ...]
    is_sure: bool = False
    is_known: bool = False
    is_near: bool = False

    @property
    def value(self) -> str:
        """Return the proposal as it stands in a form."""
        return ",".join(f"{share.order.pk}:{share.amount}" for share in self.shares)


def proposals_for(line: StatementLine) -> list[Proposal]:
    """Return the proposals for money that came, the surest first. A handful of queries."""
    if line.amount <= 0:
        return []
    named = _named(line)
    if named:
        proposal = _of_named(line, named)
        return [_unsure_if_known(line, proposal)] if proposal else []
    near = _near(line)
    found = {proposal.shares[0].order.pk for proposal in near}
    return near + [each for each in _likely(line) if each.shares[0].order.pk not in found]


def sure_proposal(line: StatementLine) -> Proposal | None:
    """Return the proposal for money that came if it is sure. No query for a line that names no order."""
    named = _named(line) if line.amount > 0 and line.perhaps_id is None else []
    found = _of_named(line, named) if named else None
    return found if found and found.is_sure else None


def _named(line: StatementLine) -> list[Order]:
    numbers = find_reference(told_by(line))[:ORDERS_AT_MOST]
    return _orders(numbers, line) if numbers else []


def told_by(line: StatementLine) -> str:
    """Return the texts of a line in which references stand."""
    return f"{line.party.text} {line.bank_reference}"


def _unsure_if_known(line: StatementLine, proposal: Proposal) -> Proposal:
    """Return a proposal that is not sure while the line may be one that another format told."""
    return proposal if line.perhaps_id is None else replace(proposal, is_sure=False)


def _near(line: StatementLine) -> list[Proposal]:
    """Return orders of which a mistyped reference may stand in the text: those that wait for exactly this amount, and
    those whose name is the payer's."""
    numbers = find_nearly(told_by(line))[:NEAR_AT_MOST]
    payer = words_of(line.party.name)
    found = []
    for order in _orders(numbers, line) if numbers else ():
        expected = _expected(order)
        if line.amount in expected or (expected and payer & names_of(order)):
            found.append((line.amount not in expected, order))
    found.sort(key=lambda each: each[0])
    return [Proposal((Share(order, line.amount),), is_near=True) for _differs, order in found[:LIKELY_AT_MOST]]


def _orders(numbers: Sequence[str], line: StatementLine) -> list[Order]:
    found = Order.objects.filter(number__in=numbers, currency=line.currency)
    return sorted(found, key=lambda order: numbers.index(order.number))


def _of_named(line: StatementLine, orders: Sequence[Order]) -> Proposal | None:
    """Return the proposal for orders named in the text: the whole to a single one, or to each what it asks for, when
    that makes the exact sum."""
    known = [order for order in orders if _confirmed_by_hand(order, line)]
    if len(orders) == 1 and known:
        return Proposal((Share(orders[0], line.amount),), is_sure=True, is_known=True)
    rests = {order.pk: _rest(order) for order in orders}
    if len(orders) == 1:
        [order] = orders
        return Proposal((Share(order, line.amount),), is_sure=line.amount in _expected(order))
    shares = tuple(Share(order, rests[order.pk]) for order in orders if rests[order.pk] > 0)
    if not shares or sum((share.amount for share in shares), ZERO) != line.amount:
        return None
    return Proposal(shares, is_sure=True)


def _likely(line: StatementLine) -> list[Proposal]:
    """Return orders that wait for exactly this amount, those first whose name is that of the payer."""
    waiting = Order.objects.filter(status=Order.Status.PLACED, gross=line.amount, currency=line.currency)
    orders = list(waiting.order_by("placed_at")[: 4 * LIKELY_AT_MOST])
    payer = words_of(line.party.name)
    orders.sort(key=lambda order: -len(payer & names_of(order)))
    return [Proposal((Share(order, line.amount),)) for order in orders[:LIKELY_AT_MOST]]


def names_of(order: Order) -> set[str]:
    """Return the words of an order's customer, to be compared with those of a payer."""
    return words_of(f"{order.billing_name} {order.contact_name}")


def words_of(name: str) -> set[str]:
    return {word for word in re.findall(r"\w+", normalise(name)) if len(word) > 2}


def _expected(order: Order) -> set[Decimal]:
    """Return the amounts for which an order waits: of each request, and of all; none once it waits for nothing."""
    rests = [each.rest for each in asked_of(order) if each.rest > 0]
    if rests:
        return {*rests, sum(rests, ZERO)}
    return {order.gross} if order.status == Order.Status.PLACED else set()


def _rest(order: Order) -> Decimal:
    return max(_expected(order), default=ZERO)


def _confirmed_by_hand(order: Order, line: StatementLine) -> bool:
    """Tell whether a transfer of this amount was confirmed for the order, and no line shows it yet."""
    confirmed = Payment.objects.filter(
        order=order, provider="transfer", status=Payment.Status.SUCCEEDED, amount=line.amount, currency=line.currency
    )
    shown = LineShare.objects.filter(order=order, amount=line.amount)
    return confirmed.count() > shown.count()


def shares_from(value: str) -> tuple[tuple[int, Decimal], ...] | None:
    """Read a posted proposal: order keys and amounts; None for another text."""
    if not re.fullmatch(r"\d{1,18}:\d{1,10}\.\d\d(,\d{1,18}:\d{1,10}\.\d\d){0,19}", value, re.ASCII):
        return None
    pairs = (each.split(":") for each in value.split(","))
    return tuple((int(key), Decimal(amount)) for key, amount in pairs)
