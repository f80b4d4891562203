"""Every column that giving back and trying again write, and what hooks say of it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from handlers.contract import Feedback, Refusal, RevokeReason
from handlers.registry import temporary
from outbox.errors import RetryRefused
from outbox.jobs.models import Job
from shop.orders.ending import cancel_order
from shop.orders.fulfilment import retry_line
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.services import GivenBack, GivingBackRefused, give_units_back
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import LineFeedback
from shop.payments.late_money import places_retaken
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, fill_cart, make_cart, pay, place
from tests.shop.probes import REFUSED, Probe

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
LATER = NOW + timedelta(minutes=20)


@pytest.fixture
def merchant():
    return UserFactory(is_staff=True)


class Talking(Probe):
    """A probe that says something at each hook."""

    def revoke(self, line, units, reason):
        super().revoke(line, units, reason)
        said.append((line.line_id, [unit.index for unit in units], reason))
        return Feedback(sales="Taken back.")


said: list[tuple[int, list[int], object]] = []


@pytest.fixture
def talking(diary):
    said.clear()
    with temporary(Talking):
        yield diary


def bought(*quantities, tiers=None):
    cart = None
    for quantity in quantities:
        entry = EntryFactory(handler="std_probe", tiers=tiers or {1: "10.01"})
        if cart is None:
            cart = make_cart(entry, quantity=quantity)
        else:
            fill_cart(cart, entry, quantity=quantity)
    order = place(cart, now=NOW)
    pay(order, now=NOW)
    return deliver(order)


def moves_of(order, since):
    columns = ("what", "at", "actor", "from_status", "to_status", "detail")
    return list(OrderEvent.objects.filter(order=order, at__gte=since).order_by("pk").values_list(*columns))


def give(order, chosen, merchant, **how):
    how = {"reason": "Agreed", "now": LATER} | how
    return give_units_back(order_id=order.pk, units=chosen, actor=merchant, **how)


def test_parts_of_a_line_are_rows_and_one_line_of_history(talking, merchant):
    order = bought(5)
    line = order.lines.get()
    order.events.update(at=NOW)

    given = give(order, {line.pk: [0, 1, 4]}, merchant)

    assert given == GivenBack(units=3, worth=Decimal("36.04"))
    columns = ("line", "first_index", "last_index", "amount", "why", "at", "actor", "reason")
    assert list(GivingBack.objects.order_by("first_index").values_list(*columns)) == [
        (line.pk, 0, 1, Decimal("24.02"), "refunded", LATER, merchant.pk, "Agreed"),
        (line.pk, 4, 4, Decimal("12.02"), "refunded", LATER, merchant.pk, "Agreed"),
    ]
    assert moves_of(order, LATER) == [
        ("units_given_back", LATER, merchant.pk, "", "", {
            "line": 0, "units": "1-2, 5", "count": 3, "worth": "36.04", "reason": "Agreed",
        }),
    ]  # fmt: skip
    [(_line, indexes, revocation)] = said
    assert indexes == [0, 1, 4]
    assert (revocation.why, revocation.by, revocation.note, revocation.include_consumed) == (
        RevokeReason.REFUNDED, merchant, "Agreed", False,
    )  # fmt: skip
    feedback = LineFeedback.objects.get(hook="revoke")
    assert (feedback.line, feedback.at, feedback.sales_text) == (line, LATER, "Taken back.")
    assert list(line.units.filter(given_back_at=LATER).values_list("index", flat=True).order_by("index")) == [0, 1, 4]
    line.refresh_from_db()
    assert line.status == "fulfilled"


def test_the_last_units_given_back_leave_the_order_completed(talking, merchant):
    order = bought(2, 1)
    first, second = order.lines.order_by("position")
    order.events.update(at=NOW)
    give(order, {first.pk: [0]}, merchant)

    give(order, {first.pk: [1], second.pk: [0]}, merchant, now=LATER + timedelta(hours=1))

    order.refresh_from_db()
    assert order.status == "completed"
    told = moves_of(order, LATER + timedelta(hours=1))
    assert [(what, detail.get("line")) for what, *_rest, detail in told] == [
        ("units_given_back", 0), ("units_given_back", 1),
    ]  # fmt: skip


def test_without_money_an_order_stays_completed(talking, merchant):
    order = bought(1)

    given = give(order, {order.lines.get().pk: [0]}, merchant, why=RevokeReason.CANCELLED, include_consumed=True)

    order.refresh_from_db()
    assert (order.status, given.worth) == ("completed", Decimal("0.00"))
    assert GivingBack.objects.values_list("amount", "why").get() == (Decimal("0.00"), "cancelled")
    assert (said[0][2].why, said[0][2].include_consumed) == (RevokeReason.CANCELLED, True)


def test_what_cannot_be_given_back_changes_nothing(diary, merchant):
    order, other = bought(2), bought(1)
    line = order.lines.get()

    for chosen in ({}, {line.pk: []}, {line.pk: [2]}, {line.pk: [0], other.lines.get().pk: [0]}):
        with pytest.raises(GivingBackRefused):
            give(order, chosen, merchant)
    diary.raises["revoke"] = [Refusal("In use.", unit=1)]
    with pytest.raises(GivingBackRefused, match=r"In use\.") as refused:
        give(order, {line.pk: [0, 1]}, merchant)
    with pytest.raises(GivingBackRefused):
        give(place(make_cart(EntryFactory())), {line.pk: [0]}, merchant)

    assert refused.value.unit == 1
    assert not GivingBack.objects.exists()
    assert not LineFeedback.objects.filter(hook="revoke").exists()


def test_giving_back_what_failed_completes_the_order(diary, merchant):
    cart = make_cart(EntryFactory(handler="std_probe"))
    fill_cart(cart, EntryFactory(handler="std_probe"))
    order = place(cart, now=NOW)
    pay(order, now=NOW)
    diary.raises["post"] = [REFUSED]
    deliver(order)
    failed = order.lines.get(status="failed")

    give(order, {failed.pk: [0]}, merchant)

    order.refresh_from_db()
    assert (order.status, order.completed_at) == ("completed", LATER)
    failed.refresh_from_db()
    assert failed.status == "given_back"


# --- Trying again ---


def test_each_try_of_a_failed_line_is_a_job_of_its_own_line(diary, merchant):
    cart = make_cart(EntryFactory(handler="std_probe"))
    fill_cart(cart, EntryFactory(handler="std_probe"))
    order = place(cart, now=NOW)
    pay(order, now=NOW)
    diary.raises["post"] = [REFUSED, REFUSED, REFUSED]
    deliver(order)
    first, second = order.lines.order_by("position")
    assert (first.status, second.status) == ("failed", "failed")
    failure = OrderEvent.objects.filter(what="line_failed").order_by("pk").first()
    assert (failure.actor, failure.detail["line"], failure.detail["reason"]["en"]) == (None, 0, "No more chairs.")

    retry_line(line_id=second.pk, actor=merchant, now=LATER)
    deliver(order)
    retry_line(line_id=second.pk, actor=merchant, now=LATER)
    retry_line(line_id=first.pk, actor=merchant, now=LATER)
    with pytest.raises(RetryRefused):
        retry_line(line_id=first.pk, actor=merchant, now=LATER)

    assert list(Job.objects.filter(kind="fulfil_line").order_by("pk").values_list("key", "payload", "account_id")) == [
        (f"fulfil_line:{line.pk}:{tries}", {"line": line.pk}, order.account_id)
        for line, tries in ((first, 0), (second, 0), (second, 1), (second, 2), (first, 1))
    ]
    retried = OrderEvent.objects.filter(what="line_retried").order_by("pk").values_list("at", "actor", "detail")
    assert list(retried) == [(LATER, merchant.pk, {"line": position}) for position in (1, 1, 0)]
    assert deliver(order).status == "completed"
    assert list(order.lines.values_list("status", "failure")) == [("fulfilled", {})] * 2


# --- What hooks say when an order ends, and late money ---


def test_what_a_hook_says_of_an_order_that_ended_is_kept(talking):
    order = place(make_cart(EntryFactory(handler="std_probe"), quantity=2), now=NOW)

    cancel_order(order_id=order.pk, actor=None, now=LATER)

    feedback = LineFeedback.objects.get(hook="revoke")
    assert (feedback.at, feedback.sales_text) == (LATER, "Taken back.")
    [(_line, indexes, revocation)] = said
    assert (indexes, revocation.why, revocation.by) == ([0, 1], RevokeReason.UNPAID, None)


def test_places_are_taken_again_for_an_order_that_ended_and_for_no_other(diary):
    cart = make_cart(EntryFactory(handler="std_probe"))
    fill_cart(cart, EntryFactory(handler="std_probe"))
    order = place(cart, now=NOW)
    assert places_retaken(order, now=LATER) is False
    cancel_order(order_id=order.pk, actor=None, now=LATER)
    order.refresh_from_db()

    diary.raises["retake"] = [REFUSED]
    assert places_retaken(order, now=LATER) is False
    assert places_retaken(order, now=LATER) is True

    assert diary.hooks().count("retake") == 3


def test_of_a_visitors_delivery_the_sales_team_hears_what_the_hook_says_and_no_more(diary):
    order = bought(1)

    feedback = LineFeedback.objects.get(line=order.lines.get(), hook="post_payment")

    assert (feedback.public_text, feedback.customer_text, feedback.sales_text) == (
        "done", "done for you", "done for them",
    )  # fmt: skip
