"""Disputed payments: what they paid for is frozen, until the money is kept or the merchant lets the order go on."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from shop.orders.freezing import reasons_of
from shop.orders.models import Order
from shop.payments.disputes import NoReason, NotDisputed, disputed_orders, let_go_on
from shop.payments.models import Payment
from tests.factories.shop import make_cart, pay, place
from tests.shop.admin_pages import text_of
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db

FROZEN = {"dispute"}


@pytest.fixture
def order(probe_entry) -> Order:
    order = place(make_cart(probe_entry))
    pay(order)
    return order


def tell(order: Order, kind: str, **more: object) -> str:
    return pay(order, kind=kind, **{"event_id": kind, **more})


def test_a_dispute_freezes_the_order_and_winning_lifts_it(order):
    tell(order, "disputed")
    assert reasons_of(order) == FROZEN
    assert [*disputed_orders()] == [order]

    tell(order, "dispute_won")
    assert reasons_of(order) == set()
    assert not disputed_orders().exists()
    assert list(order.events.filter(what__in=("frozen", "unfrozen")).order_by("pk").values_list("what", flat=True)) == [
        "frozen",
        "unfrozen",
    ]


@pytest.mark.parametrize(
    ("kinds", "left"),
    [
        (("disputed", "dispute_won"), set()),
        (("disputed", "dispute_lost"), FROZEN),
        (("disputed",), FROZEN),
        (("dispute_lost",), FROZEN),
        (("dispute_won",), set()),
        # A charge-back taken back
        (("dispute_lost", "dispute_won"), set()),
    ],
)
def test_however_they_arrive(probe_entry, kinds, left):
    for number, messages in enumerate({*itertools.permutations(kinds * 2)}):
        order = place(make_cart(probe_entry), email=f"buyer{number}@example.org")
        pay(order)
        for kind in messages:
            tell(order, kind, event_id=f"{kind} {order.number}")
        assert reasons_of(order) == left, messages


def test_a_payment_that_pays_for_nothing_freezes_nothing(order):
    assert pay(order, reference="second", event_id="second") == "second_charge"
    tell(order, "disputed", reference="second")
    assert reasons_of(order) == set()


def test_one_won_leaves_the_other_frozen(order):
    tell(order, "disputed")
    tell(order, "disputed", event_id="another")
    tell(order, "dispute_won")
    assert reasons_of(order) == FROZEN


def test_the_merchant_lets_a_lost_one_go_on_with_a_reason(order):
    tell(order, "dispute_lost", amount=Decimal("20.00"))
    merchant = staff("shop.view_order", "shop.change_order")
    with pytest.raises(NoReason):
        let_go_on(order_id=order.pk, reason=" ", actor=merchant, now=timezone.now())
    let_go_on(order_id=order.pk, reason="Paid by transfer", actor=merchant, now=timezone.now())

    assert reasons_of(order) == set()
    lifted = order.events.get(what="unfrozen")
    assert (lifted.actor, lifted.detail) == (merchant, {"for": "dispute", "reason": "Paid by transfer"})
    with pytest.raises(NotDisputed):
        let_go_on(order_id=order.pk, reason="Again", actor=merchant, now=timezone.now())
    assert Payment.objects.get().status == "succeeded"


def test_the_order_page_tells_it_and_has_the_button(order):
    client = browser_of(staff("shop.view_order", "shop.change_order"))
    page, button = (reverse(f"admin:shop_order_{name}", args=[order.pk]) for name in ("change", "go_on"))
    assert "is disputed" not in text_of(client.get(page))
    tell(order, "disputed")
    assert "is disputed" in text_of(client.get(page))
    assert button in client.get(page).content.decode()
    assert "go on?" in text_of(client.get(button))

    client.post(button, {"reason": "Agreed by telephone"})

    assert reasons_of(order) == set()
