"""The shop's facts about money as entries of the ledger: which accounts each moves, by how much.

Amounts are with tax. All money comes in as unallocated and is allocated by the settlement, so that it makes no
difference which of the two is known first. Invoices are told by `shop.postings.invoicing`. Money sent back is on its
way until the provider or the bank has shown it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from billing.ledger.models import Account
from billing.ledger.services import Entry, Kind, Line
from common.currencies import in_minor_units
from shop.orders.giving_back.models import GivingBack
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.papers.amounts import within
from shop.payments.models import MoneyHandling, Payment, PaymentEvent, Settlement
from shop.payments.refunds.models import Refund
from shop.postings.parts import lines_by_part, part_of

# Provider of payments by an account's credit, by which no money comes in.
CREDIT = "credit"
# Part of the fees that is the bank's own, beside those of the providers.
BANK = "bank"


def sale(order: Order, lines: Iterable[OrderLine], *, at: datetime) -> Iterator[Entry]:
    """Yield the entries of an order's settlement by a release that issued no documents: it is owed, and invoiced."""
    currency, customer, key = order.currency, order.account_id, order.pk
    gross = in_minor_units(order.gross, currency)
    owed = Line(Account.RECEIVABLE, gross, customer, key)
    yield Entry(sale_fact(key), Kind.SALE, at, currency, (owed, Line(Account.TO_BE_INVOICED, -gross, customer, key)))
    parts = [(line, line.net, line.tax) for line in lines]
    sold = [each for account in (Account.SALES, Account.VAT) for each in lines_by_part(order, account, parts)]
    invoiced = (Line(Account.TO_BE_INVOICED, gross, customer, key), *sold)
    yield Entry(invoice_fact(key), Kind.INVOICE, at, currency, invoiced)


def sale_fact(order_id: int) -> str:
    return f"sale:{order_id}"


def invoice_fact(order_id: int) -> str:
    return f"invoice:{order_id}"


def money_in(payment: Payment, order: Order | None, *, at: datetime) -> Entry:
    """Return the entry of money that a provider has taken, or that the merchant has seen; or that an account's credit
    pays with."""
    amount = in_minor_units(payment.amount, payment.currency)
    customer, key = (order.account_id, order.pk) if order else (None, None)
    came_from = (
        # Of no order: a claim that moves one order takes no credit of the account along.
        Line(Account.CREDIT, amount, customer)
        if payment.provider == CREDIT
        else Line(Account.IN_TRANSIT, amount, order_id=key, part=payment.provider)
    )
    lines = (
        came_from,
        Line(Account.UNALLOCATED, -amount, customer, key),
    )
    return Entry(f"money_in:{payment.pk}", Kind.MONEY_IN, at, payment.currency, lines)


def allocated(settlement: Settlement) -> Entry:
    """Return the entry that gives a whole payment to the order which it settles, as the previous release knew it. Reads
    the order and the payment."""
    order, payment = settlement.order, settlement.payment
    assert payment is not None  # asked for by `sources`
    amount = in_minor_units(payment.amount, payment.currency)
    lines = (
        Line(Account.UNALLOCATED, amount, order.account_id, order.pk),
        Line(Account.RECEIVABLE, -amount, order.account_id, order.pk),
    )
    return Entry(f"allocated:{payment.pk}", Kind.ALLOCATED, settlement.at, payment.currency, lines)


def credited(handling: MoneyHandling, payment: Payment, order: Order) -> Entry:
    """Return the entry of unallocated money of an order that is kept as the credit of its account."""
    units = in_minor_units(handling.amount or payment.amount, payment.currency)
    lines = (
        Line(Account.UNALLOCATED, units, order.account_id, order.pk),
        Line(Account.CREDIT, -units, order.account_id),
    )
    return Entry(f"credited:{handling.pk}", Kind.ALLOCATED, handling.handled_at, payment.currency, lines)


def allocated_in_parts(
    payment: Payment,
    order: Order,
    amount: Decimal,
    *,
    number: int,
    is_settled: bool,
    at: datetime,
) -> Entry:
    """Return the entry of the `number`th time that a payment, or a part of it, was given to an order's requests: a
    deposit until the order is settled. It was unallocated money of the payment's own order, if it came with one."""
    units = in_minor_units(amount, order.currency)
    own = order if payment.order_id == order.pk else payment.order
    came_for = (own.account_id, own.pk) if own else (None, None)
    lines = (
        Line(Account.UNALLOCATED, units, *came_for),
        Line(Account.RECEIVABLE if is_settled else Account.DEPOSITS, -units, order.account_id, order.pk),
    )
    fact = f"allocated:{payment.pk}" + (f":{number}" if number > 1 else "")
    return Entry(fact, Kind.ALLOCATED, at, order.currency, lines)


def deposits_used(order: Order, deposits: Decimal, *, at: datetime) -> Entry:
    """Return the entry that gives what was received before an order's settlement to what is owed for it."""
    units = in_minor_units(deposits, order.currency)
    lines = (
        Line(Account.DEPOSITS, units, order.account_id, order.pk),
        Line(Account.RECEIVABLE, -units, order.account_id, order.pk),
    )
    return Entry(f"deposits:{order.pk}", Kind.ALLOCATED, at, order.currency, lines)


def released(order: Order, event: OrderEvent, deposits: Decimal) -> Entry:
    """Return the entry that makes the deposits of an order that has ended unpaid unallocated money again."""
    units = in_minor_units(deposits, order.currency)
    lines = (
        Line(Account.DEPOSITS, units, order.account_id, order.pk),
        Line(Account.UNALLOCATED, -units, order.account_id, order.pk),
    )
    return Entry(f"released:{event.pk}", Kind.REVERSED, event.at, order.currency, lines)


def given_back(giving: GivingBack, *, before: Decimal, at_once: bool) -> Entry:
    """Return the entry of units given back: less is sold, less owed by the customer, and the rest owed to them. Reads
    the line and its order.

    It is *to be invoiced* less, until a credit note takes it off sales and VAT. Where the books had all of the order
    invoiced by its settlement, `at_once`, both are lowered here: by shares of the line's own, of which the last takes
    the remainder; `before` is what was given back of the line earlier.
    """
    order = giving.line.order
    lines = (
        *_sold_less(giving, before, at_once=at_once),
        Line(Account.RECEIVABLE, -in_minor_units(giving.lowered, order.currency), order.account_id, order.pk),
        Line(
            Account.REFUNDS_OWED,
            in_minor_units(giving.lowered - giving.amount, order.currency),
            order.account_id,
            order.pk,
        ),
    )
    return Entry(f"given_back:{giving.pk}", Kind.GIVEN_BACK, giving.at, order.currency, lines)


def _sold_less(giving: GivingBack, before: Decimal, *, at_once: bool) -> tuple[Line, ...]:
    line, order = giving.line, giving.line.order
    customer, key = order.account_id, order.pk
    if not at_once:
        return (Line(Account.TO_BE_INVOICED, in_minor_units(giving.amount, order.currency), customer, key),)
    less = within(line, before + giving.amount) - within(line, before)
    net, tax = (in_minor_units(sum, order.currency) for sum in (less.net, less.tax))
    part = part_of(line)
    return Line(Account.SALES, net, customer, key, part), Line(Account.VAT, tax, customer, key, part)


def paid_back(event: OrderEvent) -> Entry:
    """Return the entry of a note in an order's history: what was owed went back, or is owed again. Reads the order."""
    order = event.order
    amount = in_minor_units(Decimal(event.detail["worth"]), order.currency)
    went = event.what in (OrderEvent.What.PAID_BACK, OrderEvent.What.REFUND_ASKED)
    amount = amount if went else -amount
    lines = (
        Line(Account.REFUNDS_OWED, amount, order.account_id, order.pk),
        Line(Account.REFUNDS_SENT, -amount, order.account_id, order.pk),
    )
    kind = Kind.MONEY_OUT if went else Kind.REVERSED
    return Entry(f"{event.what}:{event.pk}", kind, event.at, order.currency, lines)


def sent_back(handling: MoneyHandling, payment: Payment) -> Iterator[Entry]:
    """Yield the entries of unallocated money of a payment that the merchant has resolved: it went back, and it did not
    after all if that was undone. Reads the payment's order."""
    order = payment.order
    sent = payment.amount if handling.amount is None else handling.amount
    amount = in_minor_units(sent, payment.currency)
    customer, key = (order.account_id, order.pk) if order else (None, None)
    lines = (Line(Account.UNALLOCATED, amount, customer, key), Line(Account.REFUNDS_SENT, -amount, customer, key))
    yield Entry(f"resolved:{handling.pk}", Kind.MONEY_OUT, handling.handled_at, payment.currency, lines)
    if handling.undone_at is not None:
        back = tuple(replace(line, amount=-line.amount) for line in lines)
        yield Entry(f"reopened:{handling.pk}", Kind.REVERSED, handling.undone_at, payment.currency, back)


def refunded(event: PaymentEvent) -> Entry:
    """Return the entry of a provider's refund, or of its failure: the money left the provider, or came back to it.
    Reads the payment and the order."""
    order = event.order
    amount = in_minor_units(event.amount, event.currency)
    went = event.kind == PaymentEvent.Kind.REFUNDED
    amount = amount if went else -amount
    customer, key = (order.account_id, order.pk) if order else (None, None)
    lines = (
        Line(Account.REFUNDS_SENT, amount, customer, key),
        Line(Account.IN_TRANSIT, -amount, order_id=key, part=event.provider),
    )
    kind = Kind.MONEY_OUT if went else Kind.REVERSED
    return Entry(f"{event.kind}:{event.pk}", kind, event.received_at, event.currency, lines)


def refund_done(refund: Refund) -> Entry:
    """Return the entry of a refund that was carried out. Reads the payment and the order."""
    assert refund.done_at is not None  # asked for by `sources`
    lines = _carried_out(refund, sign=1)
    return Entry(f"refund_done:{refund.pk}", Kind.MONEY_OUT, refund.done_at, refund.currency, lines)


def refund_undone(refund: Refund) -> Entry:
    """Return the entry of a refund that failed after it was carried out. Reads the payment and the order."""
    assert refund.failed_at is not None  # asked for by `sources`
    return Entry(
        f"refund_undone:{refund.pk}",
        Kind.REVERSED,
        refund.failed_at,
        refund.currency,
        _carried_out(refund, sign=-1),
    )


def _carried_out(refund: Refund, *, sign: int) -> tuple[Line, ...]:
    amount = sign * in_minor_units(refund.amount, refund.currency)
    customer, key = _customer_of(refund)
    return Line(Account.REFUNDS_SENT, amount, customer, key), _left_by(refund, -amount)


def _left_by(refund: Refund, amount: int) -> Line:
    """Return the line of the account that a refund leaves by, or in which it stays as credit."""
    customer, key = _customer_of(refund)
    match refund.way:
        case Refund.Way.TRANSFER:
            return Line(Account.BANK, amount, order_id=key)
        case Refund.Way.CREDIT:
            # Of no order: a claim that moves one order takes no credit of the account along.
            return Line(Account.CREDIT, amount, customer)
    assert refund.payment is not None  # required of refunds by a provider
    return Line(Account.IN_TRANSIT, amount, order_id=key, part=refund.payment.provider)


def _customer_of(refund: Refund) -> tuple[int | None, int | None]:
    """Return the keys of a refund's account and order."""
    order = refund.order
    return (order.account_id, order.pk) if order else (refund.account_id, None)


def credit_sent(refund: Refund) -> Iterator[Entry]:
    """Yield the entries of an account's credit that is sent back: it is on its way, and it is credit again if that
    failed."""
    amount = in_minor_units(refund.amount, refund.currency)
    lines = (Line(Account.CREDIT, amount, refund.account_id), Line(Account.REFUNDS_SENT, -amount, refund.account_id))
    yield Entry(f"credit_sent:{refund.pk}", Kind.MONEY_OUT, refund.asked_at, refund.currency, lines)
    if refund.failed_at is not None:
        back = tuple(replace(line, amount=-line.amount) for line in lines)
        yield Entry(f"credit_again:{refund.pk}", Kind.REVERSED, refund.failed_at, refund.currency, back)


def banked(key: str, order_id: int | None, amount: Decimal, currency: str, *, part: str, at: datetime) -> Entry:
    """Return the entry of money in transit that a line of a bank statement shows: it has arrived at the bank. `part`
    is the provider that took it."""
    units = in_minor_units(amount, currency)
    lines = (
        Line(Account.BANK, units, order_id=order_id),
        Line(Account.IN_TRANSIT, -units, order_id=order_id, part=part),
    )
    return Entry(f"banked:{key}", Kind.MONEY_IN, at, currency, lines)


def refund_left(line_id: int, order: Order, amount: Decimal, *, at: datetime) -> Entry:
    """Return the entry of money sent back for an order by transfer, that a line of a bank statement shows: it has left
    the bank."""
    units = in_minor_units(amount, order.currency)
    lines = (
        Line(Account.REFUNDS_SENT, units, order.account_id, order.pk),
        Line(Account.BANK, -units, order_id=order.pk),
    )
    return Entry(f"refund_left:{line_id}", Kind.MONEY_OUT, at, order.currency, lines)


def bank_fee(line_id: int, amount: Decimal, currency: str, *, at: datetime) -> Entry:
    """Return the entry of a fee of the bank that a line of a statement shows."""
    units = in_minor_units(amount, currency)
    lines = (Line(Account.FEES, units, part=BANK), Line(Account.BANK, -units))
    return Entry(f"bank_fee:{line_id}", Kind.FEE, at, currency, lines)
