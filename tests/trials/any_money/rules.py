"""Rules of money that hold after each step, whatever came before."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from billing.ledger.models import Account
from billing.ledger.selectors import balance, balances_of_order
from common.currencies import in_minor_units
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.owed import owed_for
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.models import MoneyHandling, Payment, PaymentEvent, Settlement
from shop.payments.refunds.models import Refund
from shop.payments.requests.asked import Asked, asked_of, releases, still_to_come
from shop.payments.rest import rest_of
from tests.trials.any_money.papers import broken_rules_of_numbers, broken_rules_of_papers
from workbench.stand_ins.stripe import Stripe

LIMIT = Decimal(150)
ZERO = Decimal(0)
SETTLED = (Order.Status.PAID, Order.Status.COMPLETED, Order.Status.REFUNDED)


def broken_rules(service: Stripe) -> Iterator[str]:
    """Yield a sentence for each rule that does not hold."""
    is_taken = ChargeBack.objects.standing().exists()
    for order in Order.objects.order_by("pk"):
        asked = asked_of(order)
        yield from (f"order {order.pk}: {rule}" for rule in _of_order(order, asked, is_taken=is_taken))
    yield from _of_payments(service)
    yield from _of_the_books(is_taken=is_taken)
    yield from broken_rules_of_numbers()


def _of_order(order: Order, asked: list[Asked], *, is_taken: bool) -> Iterator[str]:
    is_settled = order.status in SETTLED
    if Settlement.objects.filter(order=order).count() != is_settled:
        yield "it has one settlement if it is confirmed, and else none"
    if is_settled and not is_taken and not releases(order, asked):
        yield "it is confirmed by its release rule"
    if OrderLine.objects.filter(order=order, status=OrderLine.Status.FULFILLED).exists() and not is_settled:
        yield "nothing is delivered that was not confirmed"
    received = in_minor_units(sum((each.received for each in asked), ZERO), order.currency)
    gone = GivingBack.objects.filter(line__order=order).aggregate(sum=Sum("amount"))["sum"] or ZERO
    sold = in_minor_units(order.gross - gone, order.currency) if is_settled else 0
    owed = in_minor_units(still_to_come(asked), order.currency) if is_settled else 0
    stands = balances_of_order(order.pk)
    vat = stands.get(Account.VAT, 0)
    if is_settled and stands.get(Account.TO_BE_INVOICED, 0) + stands.get(Account.SALES, 0) + vat != -sold:
        yield "what is sold is its total less what was given back"
    if stands.get(Account.RECEIVABLE, 0) != owed:
        yield "what is owed is what its requests still ask for"
    if stands.get(Account.DEPOSITS, 0) != (0 if is_settled else -received - vat):
        yield "deposits are what came before it was confirmed, less its VAT"
    if -stands.get(Account.REFUNDS_OWED, 0) != in_minor_units(owed_for(order), order.currency):
        yield "what is owed back is what its units given back say"
    yield from broken_rules_of_papers(order, asked, gone=gone, is_taken=is_taken)


def _of_payments(service: Stripe) -> Iterator[str]:
    for payment in Payment.objects.annotate(back=Sum("refunds__amount", filter=~Q(refunds__state="failed"))):
        if (payment.back or ZERO) > payment.amount:
            yield f"payment {payment.pk}: no more goes back than it was"
    for intent in service.of("pi"):
        if service.refunded(intent["id"]) > intent["amount"]:
            yield f"{intent['id']}: Stripe sends no more back than it took"
    keys = [refund["metadata"]["key"] for refund in service.of("re")]
    if len(keys) != len(set(keys)):
        yield "Stripe knows each refund once"


def _of_the_books(*, is_taken: bool) -> Iterator[str]:
    for provider in ("stripe", "transfer"):
        if balance(Account.IN_TRANSIT, currency="EUR", part=provider) != _came_by(provider):
            yield f"money in transit at {provider} is what came, less what went back and was taken back"
    if balance(Account.CREDIT, currency="EUR") > 0:
        yield "no account uses more credit than it has"
    left = _sum(Refund.objects.filter(way=Refund.Way.TRANSFER, state=Refund.State.DONE))
    if -balance(Account.BANK, currency="EUR") != left:
        yield "what left the bank is what transfers say"
    on_its_way = _sum(Refund.objects.open()) + _resolved_by_hand()
    if -balance(Account.REFUNDS_SENT, currency="EUR") != on_its_way:
        yield "money on its way back is what refunds and notes say"
    unused = sum((rest_of(payment) for payment in Payment.objects.filter(status="succeeded")), ZERO)
    if not is_taken and -balance(Account.UNALLOCATED, currency="EUR") != unused:
        yield "unallocated money is what is left of payments"


def _came_by(provider: str) -> Decimal:
    """Return what came by a provider, less what it sent back and what banks took back."""
    came = _sum(Payment.objects.filter(provider=provider, status=Payment.Status.SUCCEEDED))
    taken = ChargeBack.objects.standing().filter(payment__provider=provider)
    sent = Refund.objects.filter(way=Refund.Way.PROVIDER, state=Refund.State.DONE, payment__provider=provider)
    return came - _sum(taken) - _sum(sent)


def _resolved_by_hand() -> Decimal:
    """Return the sum of money noted as sent back outside the shop."""
    marks = MoneyHandling.objects.filter(
        how=MoneyHandling.How.SENT_BACK,
        undone_at=None,
        refunds=None,
        event__outcome__in=PaymentEvent.UNALLOCATED,
    )
    whole = Coalesce("amount", F("event__payment__amount"))
    return marks.aggregate(sum=Sum(whole))["sum"] or ZERO


def _sum(rows: object) -> Decimal:
    return rows.aggregate(sum=Sum("amount"))["sum"] or ZERO  # type: ignore[attr-defined]


def taken_by_stripe() -> Decimal:
    """Return what Stripe holds for the merchant, by the books."""
    return balance(Account.IN_TRANSIT, currency="EUR", part="stripe")


def held_at_stripe(service: Stripe) -> Decimal:
    """Return what the stand-in for Stripe holds: what was paid, less what it sent back and what banks took."""
    paid = sum(each["amount"] for each in service.of("pi") if each["status"] == "succeeded")
    sent = sum(each["amount"] for each in service.of("re") if each["status"] == "succeeded")
    taken = sum(each["amount"] for each in service.of("dp") if each["status"] == "lost")
    return Decimal(paid - sent - taken) / 100
