"""Unpaid orders end: cancelled, or expired when their time is over."""

from datetime import timedelta

import pytest
from django.utils import timezone

from handlers.contract import Refusal
from outbox.mails.models import Mail
from shop.orders import ending as orders
from shop.orders import in_turn
from shop.orders.ending import OrderNotCancellable, cancel_order, expire_orders
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.orders.tasks import expire_unpaid_orders
from tests.factories.accounts import UserFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.probes import traces

pytestmark = pytest.mark.django_db


def test_an_order_expires_one_hour_after_placing_while_no_method_is_chosen(probe_entry, diary):
    order = place(make_cart(probe_entry))
    assert expire_orders(now=order.placed_at + timedelta(minutes=59)) == 0
    assert expire_orders(now=order.placed_at + timedelta(minutes=60)) == 1
    order.refresh_from_db()
    assert order.status == "expired"
    assert diary.hooks() == ["pre", "revoke"]
    assert Mail.objects.filter(kind="order_ended").count() == 1


def test_a_paid_order_never_expires(probe_entry, diary):
    order = place(make_cart(probe_entry))
    pay(order)
    assert expire_orders(now=order.placed_at + timedelta(days=400)) == 0
    assert "revoke" not in diary.hooks()


def test_expiring_twice_frees_once(probe_entry, diary):
    order = place(make_cart(probe_entry))
    late = order.placed_at + timedelta(days=1)
    assert [expire_orders(now=late), expire_orders(now=late)] == [1, 0]
    assert diary.hooks() == ["pre", "revoke"]


def test_the_customer_cancels(probe_entry, diary):
    alice = UserFactory()
    order = place(make_cart(probe_entry, user=alice), user=alice)
    for _tab in range(2):
        cancel_order(order_id=order.pk, actor=alice, now=timezone.now())
    order.refresh_from_db()
    assert order.status == "cancelled"
    assert OrderEvent.objects.get(order=order, what="cancelled").actor == alice
    assert diary.hooks() == ["pre", "revoke"]


def test_a_paid_order_cannot_be_cancelled(probe_entry):
    order = place(make_cart(probe_entry))
    pay(order)
    with pytest.raises(OrderNotCancellable):
        cancel_order(order_id=order.pk, actor=None, now=timezone.now())
    assert Order.objects.get(pk=order.pk).status == "paid"


def test_a_line_whose_handler_is_gone_holds_up_no_expiry(probe_entry):
    order = place(make_cart(probe_entry))
    order.lines.update(handler="ext_gone")
    assert expire_orders(now=order.placed_at + timedelta(days=1)) == 1


def test_a_handler_that_will_not_give_back_holds_up_no_expiry(probe_entry, diary):
    order = place(make_cart(probe_entry))
    diary.raises["revoke"] = [Refusal("never")]
    assert expire_orders(now=order.placed_at + timedelta(days=1)) == 1
    assert traces("revoke") == 0


def cannot_end(monkeypatch, typed: str) -> None:
    """Have the end of some orders fail with an error of the shop's own, by the beginning of their typed address."""
    undo = orders.undo_pre_payment

    def fail_for_some(lines, *args, **options):
        if lines[0].order.contact_email.startswith(typed):
            raise ValueError("a bug")
        undo(lines, *args, **options)

    monkeypatch.setattr(orders, "undo_pre_payment", fail_for_some)


def test_an_order_that_cannot_end_holds_up_no_other(probe_entry, monkeypatch):
    broken = place(make_cart(probe_entry), email="broken@example.org")
    other = place(make_cart(probe_entry), email="other@example.org")
    undo = orders.undo_pre_payment
    cannot_end(monkeypatch, "broken")

    late = other.placed_at + timedelta(days=1)
    assert expire_orders(now=late) == 1
    assert set(Order.objects.values_list("pk", "status")) == {(broken.pk, "placed"), (other.pk, "expired")}
    monkeypatch.setattr(orders, "undo_pre_payment", undo)
    assert expire_orders(now=late) == 1


def test_broken_orders_as_many_as_a_round_takes_hold_up_no_other(probe_entry, monkeypatch):
    monkeypatch.setattr(in_turn, "AT_MOST", 2)
    undo = orders.undo_pre_payment
    cannot_end(monkeypatch, "broken")
    for number in range(3):
        place(make_cart(probe_entry), email=f"broken{number}@example.org")
    other = place(make_cart(probe_entry), email="other@example.org")
    late = other.placed_at + timedelta(days=1)

    assert [expire_orders(now=late + timedelta(minutes=minute)) for minute in range(4)] == [0, 1, 0, 0]

    other.refresh_from_db()
    assert other.status == "expired"
    monkeypatch.setattr(orders, "undo_pre_payment", undo)
    assert [expire_orders(now=late + timedelta(minutes=minute)) for minute in (4, 5)] == [2, 1]


def test_beats_round_goes_by_the_databases_clock(probe_entry, monkeypatch):
    order = place(make_cart(probe_entry))
    monkeypatch.setattr("django.utils.timezone.now", lambda: order.placed_at + timedelta(days=400))

    assert expire_unpaid_orders() == 0

    order.refresh_from_db()
    assert order.status == "placed"
