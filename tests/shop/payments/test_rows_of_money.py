"""Every column that money writes, and what each step of it leaves alone."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from common.words import moment_in_words
from outbox.mails.models import Mail
from shop.orders.ending import cancel_order
from shop.orders.history.models import OrderEvent
from shop.payments import services as payments
from shop.payments.attention import NoAttentionNeeded, NotResolved, ResolvedAlready, mark_open_again, mark_resolved
from shop.payments.models import MoneyHandling, Payment, PaymentEvent, Settlement
from shop.payments.registry import get_provider
from shop.payments.services import AmountDiffers, MethodNotAllowed, ReferenceKnown
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, pay, place, success

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0) - timedelta(hours=1)
LATER = NOW + timedelta(minutes=20)
EVENT = (
    "provider", "event_id", "order_number", "order", "payment", "kind", "amount", "currency", "outcome", "actor",
    "received_at",
)  # fmt: skip
PAYMENT = ("provider", "reference", "order", "amount", "currency", "status", "created_at")


@pytest.fixture
def order(probe_entry):
    return place(make_cart(probe_entry), now=NOW)


@pytest.fixture
def merchant():
    return UserFactory(is_staff=True, first_name="Mara", last_name="Chant")


def moves_of(order):
    """The history of an order after its placing."""
    columns = ("what", "at", "actor", "from_status", "to_status", "detail")
    return list(OrderEvent.objects.filter(order=order).exclude(what="placed").order_by("pk").values_list(*columns))


def test_a_payment_is_kept_as_it_was_told(order):
    payments.settle(event=success(order, payload={"id": "evt"}), now=LATER)

    payment, event = Payment.objects.get(), PaymentEvent.objects.get()
    reference = f"{order.number}:pay-1"
    assert Payment.objects.values_list(*PAYMENT).get() == (
        "sandbox", reference, order.pk, Decimal("120.00"), "EUR", "succeeded", LATER,
    )  # fmt: skip
    assert PaymentEvent.objects.values_list(*EVENT).get() == (
        "sandbox", reference, order.number, order.pk, payment.pk, "succeeded", Decimal("120.00"), "EUR", "settled",
        None, LATER,
    )  # fmt: skip
    assert event.payload == {"id": "evt"}
    assert Settlement.objects.values_list("order", "payment", "at").get() == (order.pk, payment.pk, LATER)
    order.refresh_from_db()
    assert (order.status, order.paid_at, order.method, order.completed_at) == ("paid", LATER, "sandbox", None)
    assert moves_of(order) == [("paid", LATER, None, "placed", "paid", {"provider": "sandbox"})]


def test_an_order_that_delivers_nothing_is_completed_with_its_payment():
    order = place(make_cart(EntryFactory()), now=NOW)

    payments.settle(event=success(order), now=LATER)

    order.refresh_from_db()
    line = order.lines.get()
    assert (order.status, order.completed_at, line.status, line.fulfilled_at) == (
        "completed", LATER, "fulfilled", LATER,
    )  # fmt: skip
    assert moves_of(order)[-1] == ("completed", LATER, None, "paid", "completed", {})


def test_a_decline_is_told_once_in_the_history(order):
    assert pay(order, kind="declined", now=LATER) == "declined"
    assert pay(order, kind="declined", event_id="again", now=LATER) == "known"

    assert moves_of(order) == [("declined", LATER, None, "", "", {})]
    assert Payment.objects.get().status == "declined"


def test_a_decline_of_an_order_that_has_ended_is_not_in_its_history(order):
    cancel_order(order_id=order.pk, actor=None, now=NOW)

    assert pay(order, kind="declined") == "declined"

    assert [what for what, *_rest in moves_of(order)] == ["cancelled"]


def test_what_arrives_instead_of_what_was_announced_is_what_the_payment_says(order):
    provider = get_provider("sandbox")
    begun = payments.begin_payment(order_id=order.pk, provider=provider, reference="ref", now=NOW)
    assert Payment.objects.values_list(*PAYMENT).get() == (
        "sandbox", "ref", order.pk, Decimal("120.00"), "EUR", "pending", NOW,
    )  # fmt: skip

    assert pay(order, now=LATER) == "settled"
    event = success(order, reference="x")
    told = type(event)(**{**vars(event), "reference": "ref", "amount": Decimal("90.00"), "currency": "USD"})
    assert payments.settle(event=told, now=LATER) == "second_charge"

    begun.refresh_from_db()
    assert (begun.status, begun.amount, begun.currency) == ("succeeded", Decimal("90.00"), "USD")


@pytest.mark.parametrize(
    ("changes", "outcome"), [({"amount": Decimal(1)}, "mismatch"), ({"order_number": "2000-000000"}, "unknown_order")]
)
def test_money_that_needs_attention_is_told_to_the_sales_team(order, merchant, changes, outcome):
    payments.settle(event=success(order, **changes), actor=merchant, now=LATER)

    told = [("money_recorded", LATER, merchant.pk, "", "", {"outcome": outcome})]
    assert moves_of(order) == (told if outcome == "mismatch" else [])
    assert Mail.objects.filter(kind="money_needs_attention").count() == 1
    assert PaymentEvent.objects.values_list("outcome", "actor").get() == (outcome, merchant.pk)


def test_a_refund_says_of_what_kind_it_is(order):
    pay(order)

    assert pay(order, kind="refunded", event_id="r", now=LATER) == "recorded"

    assert moves_of(order)[-1] == (
        "money_recorded", LATER, None, "", "", {"kind": "refunded", "outcome": "recorded"},
    )  # fmt: skip


# --- The merchant's word ---


def confirm(order, merchant, amount="120.00", *, reference="TR-1", is_what_arrived=False):
    return payments.confirm_received(
        order_id=order.pk, amount=Decimal(amount), reference=reference, actor=merchant,
        is_what_arrived=is_what_arrived, now=LATER,
    )  # fmt: skip


def test_the_merchants_word_pays_under_the_merchants_name(order, merchant):
    assert confirm(order, merchant) == "settled"

    assert PaymentEvent.objects.values_list("actor", "amount", "currency", "order_number", "received_at").get() == (
        merchant.pk, Decimal("120.00"), "EUR", order.number, LATER,
    )  # fmt: skip
    [(what, at, actor, *_statuses, detail)] = moves_of(order)
    assert (what, at, actor, detail) == ("paid", LATER, merchant.pk, {"provider": "transfer"})


def test_another_amount_is_taken_only_where_it_is_said_to_have_arrived(order, merchant):
    with pytest.raises(AmountDiffers):
        confirm(order, merchant, "119.99")
    assert not PaymentEvent.objects.exists()

    assert confirm(order, merchant, "119.99", is_what_arrived=True) == "allocated"
    with pytest.raises(ReferenceKnown):
        confirm(order, merchant, "0.01")
    assert confirm(order, merchant, "119.99", is_what_arrived=True) == "allocated"
    assert PaymentEvent.objects.count() == 1
    assert confirm(order, merchant, "0.01", reference="TR-2") == "settled"


# --- Choosing how to pay ---


def test_a_method_chosen_is_kept_and_told_once(order, merchant):
    for _twice in range(2):
        payments.choose_method(order_id=order.pk, method="transfer", actor=merchant, now=LATER)

    order.refresh_from_db()
    assert (order.method, order.expires_at) == ("transfer", NOW + timedelta(days=14))
    assert moves_of(order) == [("method_chosen", LATER, merchant.pk, "", "", {"method": "transfer"})]
    assert Mail.objects.filter(kind="payment_instructions").count() == 1


def test_an_immediate_method_has_no_instructions(order):
    payments.choose_method(order_id=order.pk, method="sandbox", actor=None, now=LATER)

    assert [what for what, *_rest in moves_of(order)] == ["method_chosen"]
    assert not Mail.objects.filter(kind="payment_instructions").exists()


def test_nothing_is_begun_for_an_order_that_waits_for_no_money(order):
    pay(order)

    with pytest.raises(MethodNotAllowed):
        payments.begin_payment(order_id=order.pk, provider=get_provider("sandbox"), reference="ref", now=NOW)
    with pytest.raises(MethodNotAllowed):
        payments.choose_method(order_id=order.pk, method="transfer", actor=None, now=NOW)


# --- Money that was seen to ---


def test_who_saw_to_money_and_how_is_kept_and_taken_back(order, merchant):
    pay(order, amount=Decimal(1))
    event, colleague = PaymentEvent.objects.get(), UserFactory(is_staff=True)

    handling = mark_resolved(event_id=event.pk, note="Paid back.", actor=merchant, now=NOW)
    with pytest.raises(ResolvedAlready) as already:
        mark_resolved(event_id=event.pk, note="Again.", actor=colleague, now=LATER)
    mark_open_again(event_id=event.pk, actor=colleague, now=LATER)
    with pytest.raises(NotResolved):
        mark_open_again(event_id=event.pk, actor=colleague, now=LATER)

    assert "Mara Chant" in str(already.value)
    assert moment_in_words(NOW) in str(already.value)
    columns = ("pk", "event", "handled_at", "handled_by", "note", "undone_at", "undone_by")
    assert MoneyHandling.objects.values_list(*columns).get() == (
        handling.pk, event.pk, NOW, merchant.pk, "Paid back.", LATER, colleague.pk,
    )  # fmt: skip
    assert moves_of(order)[1:] == [
        ("money_handled", NOW, merchant.pk, "", "", {
            "event": event.pk, "outcome": "mismatch", "reason": "Paid back.",
        }),
        ("money_reopened", LATER, colleague.pk, "", "", {"event": event.pk, "outcome": "mismatch"}),
    ]  # fmt: skip
    assert mark_resolved(event_id=event.pk, note="Now.", actor=merchant, now=LATER).undone_at is None


def test_money_of_no_order_is_seen_to_without_a_history(order, merchant):
    pay(order, order_number="2000-000000")
    event = PaymentEvent.objects.get()

    mark_resolved(event_id=event.pk, note="", actor=merchant, now=NOW)
    mark_open_again(event_id=event.pk, actor=merchant, now=NOW)

    assert moves_of(order) == []


def test_money_that_paid_needs_nobody(order, merchant):
    pay(order)

    with pytest.raises(NoAttentionNeeded):
        mark_resolved(event_id=PaymentEvent.objects.get().pk, note="", actor=merchant, now=NOW)
    assert not MoneyHandling.objects.exists()
