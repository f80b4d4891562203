"""Where money is concerned, two things happen at the same moment sooner or later."""

from unittest.mock import patch

import pytest
from django.utils import timezone

from outbox.models import Job
from outbox.services.jobs import run_due_jobs
from shop.models import Cart, Order, PaymentEvent, Settlement
from shop.services import cart as cart_services
from shop.services import fulfilment, limits, payments
from shop.services.cart import join_carts
from shop.services.checkout import place as place_module
from shop.services.claim import claim_order
from shop.services.errors import CartEmpty, ClaimRefused, TooManyUnpaidOrders
from shop.services.fulfilment import retry_line
from shop.services.limits import PER_TYPED_ADDRESS
from shop.services.orders import cancel_order, expire_orders
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, fill_cart, make_cart, pay, place, shown_now
from tests.races import errors_among, meeting_before, run_together, without_row_locks
from tests.shop.conftest import REFUSED, traces

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry))


class TestOneCartOrderedTwice:
    def order_it_twice(self, entry) -> list[object]:
        cart = make_cart(entry)
        shown = shown_now(cart)
        with meeting_before(place_module, "price_cart"):
            return run_together(lambda: place(cart, shown=shown), lambda: place(cart, shown=shown))

    def test_gives_one_order(self, probe_entry):
        first, second = self.order_it_twice(probe_entry)
        assert first == second
        assert Order.objects.count() == 1
        assert traces("pre") == 1

    def test_control_without_the_lock_only_the_unique_key_is_left(self, probe_entry):
        with without_row_locks():
            results = self.order_it_twice(probe_entry)
        assert len(errors_among(results)) == 1


class TestReturnPageNotificationAndMerchant:
    def settle_at_once(self, order: Order) -> list[object]:
        return run_together(
            lambda: pay(order, event_id="returned"),
            lambda: pay(order, event_id="notified"),
            lambda: pay(order, event_id="notified"),
            lambda: pay(order, reference="transfer", event_id="merchant"),
        )

    def test_settle_once(self, order):
        outcomes = self.settle_at_once(order)
        assert not errors_among(outcomes)
        assert Settlement.objects.count() == 1
        assert sorted(PaymentEvent.objects.values_list("outcome", flat=True)) in (
            ["known", "second_charge", "settled"],
            ["second_charge", "second_charge", "settled"],
        )
        assert Job.objects.filter(kind="fulfil_line").count() == 1

    def test_control_without_the_order_lock_they_collide(self, order):
        with meeting_before(payments, "move_order"), without_row_locks():
            outcomes = run_together(
                lambda: pay(order, event_id="returned"), lambda: pay(order, reference="other", event_id="notified")
            )
        assert errors_among(outcomes)


def test_paying_and_expiring_at_once_end_in_one_state(probe_entry, diary):
    for round_number in range(5):
        order = place(make_cart(probe_entry), email=f"r{round_number}@example.org")
        late = order.expires_at
        diary.calls.clear()
        outcome, _expired = run_together(lambda o=order: pay(o), lambda now=late: expire_orders(now=now))
        order.refresh_from_db()
        assert outcome == "settled"
        assert order.status == "paid"
        # Expired first: the places were given back and taken again. Paid first: nothing was given back.
        assert diary.hooks() in ([], ["revoke", "retake"])


def test_paying_and_cancelling_at_once_end_in_one_state(order):
    outcome, cancelled = run_together(
        lambda: pay(order), lambda: cancel_order(order_id=order.pk, actor=None, now=timezone.now())
    )
    order.refresh_from_db()
    assert outcome == "settled"
    assert order.status == "paid"
    assert traces("revoke") == traces("retake")
    assert cancelled is None or str(cancelled)


def test_two_workers_on_one_order_deliver_each_line_once(diary):
    cart = make_cart(EntryFactory(handler="std_probe"))
    for _index in range(4):
        fill_cart(cart, EntryFactory(handler="std_probe"))
    order = place(cart)
    pay(order)
    run_together(run_due_jobs, run_due_jobs)
    order.refresh_from_db()
    assert order.status == "completed"
    assert traces("post") == 5


def test_claiming_and_delivering_at_once_attach_the_operator_once(probe_entry):
    for round_number in range(4):
        email = f"claim{round_number}@example.org"
        order = place(make_cart(probe_entry), email=email)
        user = UserFactory(email=email)
        pay(order)
        results = run_together(
            run_due_jobs, lambda o=order, u=user: claim_order(order_id=o.pk, user=u, now=timezone.now())
        )
        assert not errors_among(results)
        order.refresh_from_db()
        assert (order.status, order.operator) == ("completed", user)
        assert traces("operator") == round_number + 1


def test_adding_to_a_cart_from_two_tabs_counts_both(probe_entry):
    cart = make_cart(probe_entry)
    run_together(lambda: fill_cart(cart, probe_entry), lambda: fill_cart(cart, probe_entry))
    assert cart.lines.get().quantity == 3


def test_signing_in_on_two_devices_at_once_joins_both_carts(probe_entry):
    alice, other = UserFactory(), EntryFactory()
    at_work, at_home = make_cart(probe_entry), make_cart(other)
    with meeting_before(cart_services, "_make_own"):
        results = run_together(
            lambda: join_carts(user=alice, token=at_work.token), lambda: join_carts(user=alice, token=at_home.token)
        )
    assert not errors_among(results)
    own = Cart.objects.get()
    assert own.user == alice
    assert {line.entry for line in own.lines.all()} == {probe_entry, other}


def test_two_tabs_open_one_cart_for_a_person(db):
    alice = UserFactory()
    from shop.services.cart import open_cart

    carts = run_together(lambda: open_cart(token=None, user=alice), lambda: open_cart(token=None, user=alice))
    assert carts[0] == carts[1]
    assert Cart.objects.count() == 1


def test_a_retry_that_waited_for_another_one_leaves_no_line_without_a_job(probe_entry, diary):
    """Two merchants press the button; the second one's click is slow, and the first one's try fails meanwhile."""
    order = place(make_cart(probe_entry))
    pay(order)
    diary.raises["post"] = [REFUSED, REFUSED]
    run_due_jobs()
    line, merchant = order.lines.get(), UserFactory(is_staff=True)
    lock, rivals = (
        fulfilment.line_with_people,
        [lambda: (retry_line(line_id=line.pk, actor=merchant, now=timezone.now()), run_due_jobs())],
    )

    def slow(line_id: int):
        while rivals:
            run_together(rivals.pop())
        return lock(line_id)

    with patch.object(fulfilment, "line_with_people", slow):
        retry_line(line_id=line.pk, actor=merchant, now=timezone.now())
    assert deliver(order).status == "completed"


class TestTheLastUnpaidOrderOfAnAddress:
    def place_two_at_once(self, entry) -> list[object]:
        for _order in range(PER_TYPED_ADDRESS.orders - 1):
            place(make_cart(entry))
        carts = [make_cart(entry), make_cart(entry)]
        with meeting_before(place_module, "check_unpaid_limits"):
            return run_together(*(lambda cart=cart: place(cart) for cart in carts))

    def test_is_placed_once(self, probe_entry):
        refused = errors_among(self.place_two_at_once(probe_entry))
        assert [type(error) for error in refused] == [TooManyUnpaidOrders]
        assert Order.objects.count() == PER_TYPED_ADDRESS.orders

    def test_control_without_the_advisory_lock_both_are_placed(self, probe_entry):
        with patch.object(limits, "_serialise"), meeting_before(place_module, "record"):
            self.place_two_at_once(probe_entry)
        assert Order.objects.count() == PER_TYPED_ADDRESS.orders + 1


def test_signing_in_while_the_order_is_placed_ends_in_one_of_both(probe_entry):
    for round_number in range(4):
        alice = UserFactory()
        cart = make_cart(probe_entry)
        version = shown_now(cart)
        placed, joined = run_together(
            lambda c=cart, v=version, n=round_number: place(c, shown=v, email=f"r{n}@example.org"),
            lambda u=alice, c=cart: join_carts(user=u, token=c.token),
        )
        cart.refresh_from_db()
        if isinstance(placed, Order):
            assert (cart.user, joined) == (None, None)
        else:
            assert isinstance(placed, CartEmpty)
            assert (cart.user, cart.ordered_at, joined) == (alice, None, cart)


def test_two_claims_at_once_make_one_owner(probe_entry):
    alice = UserFactory(email="alice@example.org")
    order = place(make_cart(probe_entry), email=alice.email)
    results = run_together(*[lambda: claim_order(order_id=order.pk, user=alice, now=timezone.now())] * 2)
    assert [type(error) for error in errors_among(results)] == [ClaimRefused]
    assert order.account.memberships.count() == 1
    assert order.events.filter(what="claimed").count() == 1
