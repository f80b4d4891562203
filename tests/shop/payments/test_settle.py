"""Every confirmation of money ends in `settle`, and none counts twice."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.people.models import User
from outbox.jobs.models import Job
from outbox.mails.models import Mail
from shop.orders.ending import cancel_order
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.payments.models import Payment, PaymentEvent, Settlement
from shop.payments.services import AmountDiffers, MethodNotAllowed, choose_method, confirm_received, methods_for
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import fill_cart, make_cart, pay, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry))


@pytest.fixture
def merchant(db) -> User:
    return UserFactory(is_staff=True)


def status_of(order: Order) -> str:
    return Order.objects.values_list("status", flat=True).get(pk=order.pk)


def test_the_right_money_pays_the_order_and_records_a_job_per_line(order):
    assert pay(order) == "settled"

    assert status_of(order) == "paid"
    assert Settlement.objects.get(order=order).payment.amount == Decimal(120)
    assert Job.objects.filter(kind="fulfil_line").count() == 1
    assert Mail.objects.filter(kind="payment_received").count() == 1


def test_a_line_without_a_handler_is_fulfilled_with_the_payment(db):
    order = place(make_cart(EntryFactory()))
    pay(order)
    assert status_of(order) == "completed"
    assert order.lines.get().status == "fulfilled"


def test_the_same_event_twice_changes_nothing_twice(order):
    assert pay(order) == "settled"
    assert pay(order) == "settled"
    assert (Settlement.objects.count(), PaymentEvent.objects.count(), Payment.objects.count()) == (1, 1, 1)
    assert Job.objects.filter(kind="fulfil_line").count() == 1


def test_another_event_about_the_same_payment_is_known(order):
    pay(order)
    assert pay(order, event_id="other") == "known"
    assert Settlement.objects.count() == 1


def test_a_second_payment_is_kept_and_shown(order):
    pay(order)
    assert pay(order, reference="pay-2") == "second_charge"
    assert Payment.objects.filter(order=order, status="succeeded").count() == 2
    assert Mail.objects.filter(kind="money_needs_attention").count() == 1
    assert status_of(order) == "paid"


@pytest.mark.parametrize("changes", [{"amount": Decimal("119.99")}, {"amount": Decimal(1200)}, {"currency": "USD"}])
def test_wrong_money_is_recorded_and_the_order_untouched(order, changes):
    assert pay(order, **changes) == "mismatch"
    assert status_of(order) == "placed"
    assert not Settlement.objects.exists()
    assert Payment.objects.get().status == "succeeded"
    assert OrderEvent.objects.filter(order=order, what="money_recorded").exists()


def test_money_for_an_order_nobody_knows_is_recorded(order):
    assert pay(order, order_number="2000-000000") == "unknown_order"
    assert PaymentEvent.objects.get().order is None
    assert status_of(order) == "placed"


def test_a_reference_that_belongs_to_another_order_pays_neither(order, probe_entry):
    other = place(make_cart(probe_entry), email="other@example.org")
    pay(order, kind="declined")
    assert pay(other, reference="x", event_id="e2") == "settled"
    third = place(make_cart(probe_entry), email="third@example.org")
    reused = Payment.objects.get(order=other).reference
    from shop.payments.services import settle
    from tests.factories.shop import success

    event = success(third, event_id="e3")
    assert settle(event=type(event)(**{**vars(event), "reference": reused}), now=timezone.now()) == "mismatch"
    assert status_of(third) == "placed"


class TestDeclines:
    def test_a_decline_leaves_the_order_placed(self, order):
        assert pay(order, kind="declined") == "declined"
        assert status_of(order) == "placed"
        assert methods_for(order)

    def test_a_success_after_a_decline_settles(self, order):
        pay(order, kind="declined", event_id="no")
        assert pay(order, event_id="yes") == "settled"

    def test_a_decline_after_a_success_changes_nothing(self, order):
        pay(order, event_id="yes")
        assert pay(order, kind="declined", event_id="no") == "known"
        assert status_of(order) == "paid"
        assert Payment.objects.get().status == "succeeded"


class TestLateMoney:
    def test_revives_an_order_whose_places_can_be_had_again(self, order, diary):
        cancel_order(order_id=order.pk, actor=None, now=timezone.now())
        assert pay(order) == "settled"
        assert diary.hooks() == ["pre", "revoke", "retake"]
        assert status_of(order) == "paid"

    def test_is_recorded_when_the_places_are_gone(self, order, diary):
        from handlers.contract import Refusal

        cancel_order(order_id=order.pk, actor=None, now=timezone.now())
        diary.raises["retake"] = [Refusal("gone")]
        assert pay(order) == "late"
        assert status_of(order) == "cancelled"
        assert not Settlement.objects.exists()
        assert Mail.objects.filter(kind="money_needs_attention").count() == 1


class TestMerchantsWord:
    def test_pays_the_order(self, order, merchant):
        outcome = confirm_received(
            order_id=order.pk, amount=order.gross, reference="VIR 42", actor=merchant, is_what_arrived=False,
            now=timezone.now(),
        )  # fmt: skip
        assert outcome == "settled"
        assert PaymentEvent.objects.get().actor == merchant
        assert OrderEvent.objects.get(order=order, what="paid").actor == merchant

    def test_twice_with_the_same_reference_counts_once(self, order, merchant):
        for reference in ("VIR 42", " vir  42 "):
            confirm_received(
                order_id=order.pk, amount=order.gross, reference=reference, actor=merchant, is_what_arrived=False,
                now=timezone.now(),
            )  # fmt: skip
        assert PaymentEvent.objects.count() == 1

    def test_with_another_amount_is_an_error_unless_ticked(self, order, merchant):
        typed = {"order_id": order.pk, "amount": Decimal(100), "reference": "VIR", "actor": merchant}
        with pytest.raises(AmountDiffers):
            confirm_received(**typed, is_what_arrived=False, now=timezone.now())
        assert not PaymentEvent.objects.exists()
        assert confirm_received(**typed, is_what_arrived=True, now=timezone.now()) == "allocated"
        assert status_of(order) == "placed"


class TestMethods:
    def test_are_the_servers_choice(self, order):
        assert [provider.name for provider in methods_for(order)] == ["sandbox", "transfer"]
        for posted in ("free", "unknown", "", "account"):
            with pytest.raises(MethodNotAllowed):
                choose_method(order_id=order.pk, method=posted, actor=None, now=timezone.now())

    def test_none_for_an_order_that_waits_for_no_money(self, order):
        pay(order)
        order.refresh_from_db()
        assert methods_for(order) == []

    def test_none_but_the_link_for_a_zero_total(self, diary):
        order = place(make_cart(EntryFactory(tiers={1: "0"})))
        assert methods_for(order) == []

    def test_unpaid_time_counts_from_placing_and_is_never_cut_short(self, order):
        later = order.placed_at + timedelta(minutes=30)
        choose_method(order_id=order.pk, method="transfer", actor=None, now=later)
        order.refresh_from_db()
        assert order.expires_at == order.placed_at + timedelta(days=14)
        choose_method(order_id=order.pk, method="sandbox", actor=None, now=later)
        order.refresh_from_db()
        assert order.expires_at == order.placed_at + timedelta(days=14)


def test_settling_takes_few_queries_whatever_the_number_of_lines(diary, django_assert_max_num_queries):
    cart = make_cart(EntryFactory(handler="std_probe"))
    for _index in range(9):
        fill_cart(cart, EntryFactory(handler="std_probe"))
    large = place(cart, email="large@example.org")
    small = place(make_cart(EntryFactory(handler="std_probe")), email="small@example.org")
    with django_assert_max_num_queries(30) as first:
        pay(small)
    with django_assert_max_num_queries(30) as second:
        pay(large)
    assert len(first) == len(second)


class TestEventsThatDisagree:
    def test_a_payment_keeps_what_was_said_of_it_first(self, order):
        assert pay(order, amount=Decimal(100), event_id="first") == "mismatch"
        assert pay(order, event_id="second") == "mismatch"
        assert Payment.objects.get().amount == Decimal(100)
        assert status_of(order) == "placed"

    def test_another_amount_of_the_payment_that_paid_is_shown(self, order):
        pay(order, event_id="first")
        assert pay(order, amount=Decimal(1200), event_id="second") == "mismatch"
        assert Settlement.objects.get(order=order).payment.amount == Decimal(120)
        assert Mail.objects.filter(kind="money_needs_attention").count() == 1

    def test_wrong_money_told_twice_is_shown_once(self, order):
        assert pay(order, amount=Decimal(100), event_id="returned") == "mismatch"
        assert pay(order, amount=Decimal(100), event_id="notified") == "known"
        assert Mail.objects.filter(kind="money_needs_attention").count() == 1
        assert OrderEvent.objects.filter(order=order, what="money_recorded").count() == 1

    def test_late_money_told_again_pays_once_the_places_are_free(self, order, diary):
        from handlers.contract import Refusal

        cancel_order(order_id=order.pk, actor=None, now=timezone.now())
        diary.raises["retake"] = [Refusal("gone"), Refusal("gone")]
        assert [pay(order, event_id=event) for event in "abc"] == ["late", "known", "settled"]

    def test_a_kind_of_event_nobody_knows_pays_nothing(self, order):
        with pytest.raises(ValueError, match="chargeback"):
            pay(order, kind="chargeback")
        assert status_of(order) == "placed"
