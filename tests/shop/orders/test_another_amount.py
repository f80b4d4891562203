"""Another amount than units were sold for goes back, within what was paid."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone, translation

from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.owed import owed_for
from shop.orders.giving_back.services import GivingBackRefused, give_units_back
from shop.orders.giving_back.worth import Proposed, shared_out
from shop.orders.models import Order
from shop.payments.refunds.models import Refund
from shop.payments.refunds.sending import send_back
from shop.postings.verifying import faults_of_books
from tests.shop.merchants import staff
from tests.shop.payments.refunds.conftest import bank as bank
from tests.shop.payments.refunds.conftest import order as order

pytestmark = pytest.mark.django_db


def give(order: Order, *indexes: int, amount: str | None) -> Decimal:
    given = give_units_back(
        order_id=order.pk,
        units={order.lines.get().pk: indexes},
        actor=staff(),
        reason="Agreed",
        amount=None if amount is None else Decimal(amount),
        now=timezone.now(),
    )
    return given.worth


def test_less_goes_back_and_the_rest_stays_sold(order):
    assert give(order, 0, 1, amount="10.00") == Decimal("10.00")

    assert owed_for(order) == Decimal("10.00")
    assert give(order, 2, amount=None) == Decimal("12.00")
    send_back(order_id=order.pk, owed=Decimal("22.00"), actor=staff(), now=timezone.now())
    assert Refund.objects.get().amount == Decimal("22.00")
    assert list(faults_of_books()) == []


def test_more_goes_back_within_what_was_paid(order):
    assert give(order, 0, amount="20.00") == Decimal("20.00")

    assert give(order, 1, 2, amount=None) == Decimal("16.00")
    assert owed_for(order) == order.gross
    assert list(faults_of_books()) == []


def test_never_more_than_was_paid(order):
    with pytest.raises(GivingBackRefused) as refused, translation.override("fr"):
        give(order, 0, amount="36.01")
    assert refused.value.field == "amount"
    assert "36" in str(refused.value)
    give(order, 0, amount="30.00")
    with pytest.raises(GivingBackRefused):
        give(order, 1, amount="6.01")
    assert give(order, 1, amount="6.00") == Decimal("6.00")


def test_nothing_may_go_back_though_it_counts_as_given_back(order):
    assert give(order, 0, amount="0.00") == 0
    assert GivingBack.objects.get().amount == 0


@pytest.mark.parametrize(
    ("amount", "proposed", "shares"),
    [
        ("30.00", [("10.00", "10.00"), ("20.00", "20.00")], ["10.00", "20.00"]),
        ("15.00", [("10.00", "10.00"), ("20.00", "20.00")], ["5.00", "10.00"]),
        ("10.00", [("10.00", "10.00"), ("20.00", "20.00"), ("0.00", "5.00")], ["3.34", "6.66", "0.00"]),
        ("33.00", [("10.00", "11.00"), ("20.00", "40.00")], ["11.00", "22.00"]),
        ("50.00", [("10.00", "11.00"), ("20.00", "40.00")], ["11.00", "39.00"]),
        ("4.00", [("0.00", "3.00"), ("0.00", "3.00")], ["3.00", "1.00"]),
    ],
)
def test_an_amount_is_shared_out_to_lines_to_the_cent(amount, proposed, shares):
    told = {number: Proposed(Decimal(worth), Decimal(most)) for number, (worth, most) in enumerate(proposed)}
    assert list(shared_out(Decimal(amount), told).values()) == [Decimal(share) for share in shares]
