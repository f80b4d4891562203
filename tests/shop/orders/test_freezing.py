"""Orders frozen for a withdrawal or a dispute: nothing more is delivered, until the last reason is lifted."""

import pytest
from django.utils import timezone

from enrolments.seats.batches.models import FrozenFor
from outbox.jobs.running import run_due_jobs
from shop.orders.freezing import freeze, reasons_of, unfreeze
from shop.orders.models import Order
from tests.factories.accounts import UserFactory
from tests.factories.shop import deliver, make_cart, pay, place

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def paid_order(probe_entry) -> Order:
    order = place(make_cart(probe_entry))
    pay(order)
    return order


def lift(order, reason, **how):
    return unfreeze(order_id=order.pk, reason=reason, now=timezone.now(), **how)


def test_a_frozen_line_is_delivered_once_it_is_lifted(paid_order, diary):
    assert freeze(order_id=paid_order.pk, reason=FrozenFor.WITHDRAWAL, now=timezone.now())
    order = deliver(paid_order)
    assert (order.status, diary.hooks()) == ("paid", ["pre"])

    assert lift(order, FrozenFor.WITHDRAWAL)
    run_due_jobs()
    order.refresh_from_db()
    assert (order.status, diary.hooks()) == ("completed", ["pre", "post"])


def test_the_last_reason_lifts_it(paid_order, diary):
    for reason in FrozenFor:
        freeze(order_id=paid_order.pk, reason=reason, now=timezone.now())
    assert reasons_of(paid_order) == {"withdrawal", "dispute"}
    lift(paid_order, FrozenFor.DISPUTE)
    order = deliver(paid_order)
    assert order.status == "paid"
    lift(order, FrozenFor.WITHDRAWAL)
    run_due_jobs()
    assert diary.hooks() == ["pre", "post"]


def test_each_is_done_once_and_told_with_who_and_why(paid_order):
    merchant = UserFactory()
    assert freeze(order_id=paid_order.pk, reason=FrozenFor.DISPUTE, now=timezone.now())
    assert not freeze(order_id=paid_order.pk, reason=FrozenFor.DISPUTE, now=timezone.now())
    assert lift(paid_order, FrozenFor.DISPUTE, actor=merchant, why="won")
    assert not lift(paid_order, FrozenFor.DISPUTE)
    told = paid_order.events.filter(what__in=("frozen", "unfrozen")).order_by("pk")
    assert list(told.values_list("what", "actor", "detail")) == [
        ("frozen", None, {"for": "dispute"}),
        ("unfrozen", merchant.pk, {"for": "dispute", "reason": "won"}),
    ]
