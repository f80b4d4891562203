"""Rules of refunds that the database keeps, tried by raw SQL."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from shop.payments.refunds.models import Refund
from tests.constraints import broken, run
from tests.shop.payments.refunds.conftest import give_back, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def refund(order) -> Refund:
    give_back(order, 0, 1, 2)
    send(order)
    return Refund.objects.get()


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        (broken("shop_refund_amount"), "amount = 0"),
        (broken("shop_refund_way_known"), "way = 'cash'"),
        (broken("shop_refund_provider_has_payment"), "payment_id = NULL"),
        (broken("shop_refund_of_something"), "order_id = NULL"),
        (broken("shop_refund_state"), "state = 'done'"),
        (broken("shop_refund_state"), "state = 'failed'"),
        (broken("shop_refund_state"), "failed_at = now()"),
        (broken("shop_refund_state"), "state = 'unknown'"),
    ],
)
def test_a_row_makes_sense(refund, constraint, change):
    with constraint:
        run(f"UPDATE shop_refund SET {change}")


def try_to(sql: str) -> None:
    with transaction.atomic():
        run(sql)


REFUSED = "No more of a payment goes back"

COPY = """
INSERT INTO shop_refund (order_id, payment_id, way, amount, currency, asked_at, asked_by_id)
SELECT order_id, payment_id, way, 0.01, currency, asked_at, asked_by_id FROM shop_refund
"""


def test_no_more_of_a_payment_goes_back_than_it_was(refund):
    with pytest.raises(IntegrityError, match=REFUSED):
        try_to(COPY)
    with pytest.raises(IntegrityError, match=REFUSED):
        try_to("UPDATE shop_refund SET amount = amount + 0.01")
    Refund.objects.update(state="failed", failed_at=refund.asked_at)
    run(COPY)
    with pytest.raises(IntegrityError, match=REFUSED):
        try_to("UPDATE shop_refund SET state = 'asked', failed_at = NULL WHERE state = 'failed'")


def test_no_more_goes_back_for_units_than_they_are_worth(refund):
    for change in ("sent = sent + 0.01", "lowered = 0.01", "sent = -1"):
        with broken("shop_givingback_sent_within_amount"):
            run(f"UPDATE shop_givingback SET {change}")


def test_a_key_is_given_once(refund):
    Refund.objects.update(state="failed", failed_at=refund.asked_at)
    run(COPY)
    with broken("shop_refund_key_once"):
        run(f"UPDATE shop_refund SET key = '{refund.key}'")
