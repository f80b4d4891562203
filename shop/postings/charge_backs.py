"""Charge-backs as entries of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.ledger.models import Account
from billing.ledger.services import Entry, Kind, Line
from common.currencies import in_minor_units
from shop.orders.models import Order
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.models import Settlement
from shop.payments.requests.models import Allocation


class Taken(NamedTuple):
    """Part of a charge-back that an order had got, which was settled by then or not."""

    order: Order
    amount: Decimal
    is_settled: bool


def lost_ones() -> QuerySet[ChargeBack]:
    """Return the charge-backs that took money, or cost a fee."""
    lost = ChargeBack.objects.filter(Q(amount__gt=0) | Q(fee__gt=0), lost_at__isnull=False)
    return lost.select_related("payment__order")


def won_ones() -> QuerySet[ChargeBack]:
    """Return the charge-backs whose money came again."""
    return ChargeBack.objects.filter(amount__gt=0, won_at__isnull=False).select_related("payment__order")


def entries_of_lost(charge_backs: Iterable[ChargeBack]) -> Iterator[Entry]:
    """Yield the entry of each charge-back: money that the bank took from what it was given to. One query each."""
    for charge_back in charge_backs:
        yield _lost(charge_back, list(_taken_by(charge_back)))


def entry_of_won(charge_back: ChargeBack) -> Entry:
    """Return the entry of a charge-back whose money came again: it is unallocated until it is given anew."""
    assert charge_back.won_at is not None  # asked for by `won_ones`
    payment, order = charge_back.payment, charge_back.payment.order
    amount, credit = (in_minor_units(sum, payment.currency) for sum in (charge_back.amount, charge_back.from_credit))
    customer, key = (order.account_id, order.pk) if order else (None, None)
    lines = (
        Line(Account.IN_TRANSIT, amount, order_id=key, part=payment.provider),
        Line(Account.CREDIT, -credit, customer),
        Line(Account.UNALLOCATED, credit - amount, customer, key),
    )
    return Entry(f"charge_back_won:{charge_back.pk}", Kind.REVERSED, charge_back.won_at, payment.currency, lines)


def _lost(charge_back: ChargeBack, taken: list[Taken]) -> Entry:
    assert charge_back.lost_at is not None  # asked for by `lost_ones`
    payment, order, currency = charge_back.payment, charge_back.payment.order, charge_back.payment.currency
    amounts = (charge_back.amount, charge_back.from_credit, charge_back.fee)
    amount, credit, fee = (in_minor_units(sum, currency) for sum in amounts)
    customer, key = (order.account_id, order.pk) if order else (None, None)
    owed = [_owed_again(each, currency) for each in taken]
    lines = (
        *owed,
        Line(Account.CREDIT, credit, customer),
        Line(Account.UNALLOCATED, amount - credit - sum(line.amount for line in owed), customer, key),
        Line(Account.FEES, fee, order_id=key, part=payment.provider),
        Line(Account.IN_TRANSIT, -amount - fee, order_id=key, part=payment.provider),
    )
    return Entry(f"charge_back:{charge_back.pk}", Kind.MONEY_OUT, charge_back.lost_at, currency, lines)


def _owed_again(taken: Taken, currency: str) -> Line:
    account = Account.RECEIVABLE if taken.is_settled else Account.DEPOSITS
    return Line(account, in_minor_units(taken.amount, currency), taken.order.account_id, taken.order.pk)


def _taken_by(charge_back: ChargeBack) -> Iterator[Taken]:
    settled = Settlement.objects.filter(order=OuterRef("request__order"), at__lte=OuterRef("released_at"))
    taken = Allocation.objects.filter(charge_back=charge_back).select_related("request__order").order_by("pk")
    for each in taken.annotate(is_settled=Exists(settled)):
        yield Taken(each.request.order, each.amount, each.is_settled)
