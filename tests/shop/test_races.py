"""Services about money at the same moment; more races are in `tests/rivals`."""

from functools import partial

import pytest
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.links.models import AddressLink
from accounts.links.services import use_link
from outbox.jobs.running import run_due_jobs
from shop.cart import services as cart_services
from shop.cart.models import Cart
from shop.cart.services import MadeFrom, join_carts, open_cart, save_units
from shop.checkout import limits
from shop.checkout import place as place_module
from shop.checkout.limits import PER_TYPED_ADDRESS
from shop.orders import claim as claim_services
from shop.orders import ending as order_services
from shop.orders import fulfilment, transitions
from shop.orders.claim import claim_by_button, claim_order
from shop.orders.ending import cancel_order
from shop.orders.fulfilment import retry_line
from shop.orders.models import Order
from shop.payments.requests import release
from shop.wiring import claim_by_link
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, fill_cart, make_cart, pay, place, shown_now
from tests.rivals.processes import Rival, deadlocks_among, errors_among, no_row_locks, race, values_among
from tests.shop.probes import REFUSED, traces

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry))


class TestPayingAndCancelling:
    ABOUT_TO_MOVE = [(order_services, "move_order")]

    def test_money_that_waits_for_the_cancelling_has_everything_again(self, order):
        cancelled, paid = self.paid_meanwhile(order)
        assert (cancelled.error, paid.value, order.status) == ("", "settled", "paid")
        assert traces("revoke") == traces("retake") == 1

    def test_an_order_just_paid_cannot_be_cancelled(self, order):
        paid, cancelled = race(
            Rival(lambda: pay(order), before=[(release, "move_order")]),
            lambda: cancel_order(order_id=order.pk, actor=None, now=timezone.now()),
            in_turn=True,
        )
        order.refresh_from_db()
        assert (paid.value, cancelled.error, order.status) == ("settled", "OrderNotCancellable", "paid")
        assert traces("revoke") == 0

    def test_control_without_the_orders_lock_only_the_compare_and_set_keeps_a_paid_order(self, order):
        cancelled, paid = self.paid_meanwhile(order, without=no_row_locks)
        assert (cancelled.error, paid.value, order.status) == ("MoveRefused", "settled", "paid")

    def test_control_without_lock_and_guard_a_paid_order_is_cancelled_and_loses_its_places(self, order):
        cancelled, paid = self.paid_meanwhile(order, without=no_lock_and_no_guard)
        assert (cancelled.error, paid.value, order.status) == ("", "settled", "cancelled")
        assert (traces("revoke"), traces("retake")) == (1, 0)

    def paid_meanwhile(self, order, **how):
        """Cancel an order whose money comes when it was seen unpaid; return both answers."""
        answers = race(
            Rival(lambda: cancel_order(order_id=order.pk, actor=None, now=timezone.now()), before=self.ABOUT_TO_MOVE),
            lambda: pay(order),
            in_turn=True,
            **how,
        )
        order.refresh_from_db()
        return answers


def no_lock_and_no_guard() -> None:
    """Take away row locks, and the look of a move at the state that it moves from."""
    no_row_locks()

    def move_without_asking(order, to, *, what, actor, now, detail=None, **columns):
        Order.objects.filter(pk=order.pk).update(status=to, **columns)
        return transitions.record(order, what, actor=actor, now=now, to_status=to)

    order_services.move_order = release.move_order = move_without_asking


class TestClaimingAndDelivering:
    def at_once(self, entry, **how):
        user = UserFactory(email="alice@example.org")
        order = place(make_cart(entry), email=user.email)
        pay(order)
        answers = race(
            Rival(run_due_jobs, before=[(fulfilment, "_deliver")]),
            Rival(
                lambda: claim_order(order_id=order.pk, user=user, now=timezone.now()),
                before=[(claim_services, "record")],
            ),
            **how,
        )
        order.refresh_from_db()
        assert errors_among(answers) == []
        assert (order.status, order.operator) == ("completed", user)

    def test_attach_the_operator_once(self, probe_entry):
        self.at_once(probe_entry)
        assert traces("operator") == 1

    def test_control_without_locks_nobody_attaches_them(self, probe_entry):
        self.at_once(probe_entry, without=no_row_locks)
        assert traces("operator") == 0


class TestOneCartInTwoTabs:
    def add_twice(self, entry, **how) -> int:
        cart = make_cart(entry)
        adding = [partial(fill_cart, cart, entry)] * 2
        assert errors_among(race(*adding, before=[(cart_services, "_check_buyable")], **how)) == []
        return cart.lines.get().quantity

    def test_what_is_added_in_both_counts(self, probe_entry):
        assert self.add_twice(probe_entry) == 3

    def test_control_without_the_carts_lock_one_of_them_is_lost(self, probe_entry):
        assert self.add_twice(probe_entry, without=no_row_locks) == 2


class TestOneUnitInTwoTabs:
    def type_twice(self, **how) -> list[bool]:
        """Type into one blank unit from two pages at once; tell for each whether it was refused."""
        cart = make_cart(EntryFactory(handler="std_formprobe"))
        answers = race(*[partial(_type_into_blank, cart, name) for name in ("Ann", "Bob")], **how)
        assert errors_among(answers) == []
        return sorted(values_among(answers))

    def test_one_of_both_is_told(self, diary):
        assert self.type_twice(after=[(cart_services, "_without_changed")]) == [False, True]

    def test_control_without_the_carts_lock_one_is_lost_without_a_word(self, diary):
        told = self.type_twice(after=[(cart_services, "_without_changed")], without=no_row_locks)
        assert told == [False, False]


def _type_into_blank(cart, name: str) -> bool:
    line = cart.lines.get()
    made_from = {0: MadeFrom("", is_as_shown=False)}
    return bool(save_units(cart=cart, line_id=line.pk, answers={0: {"name": name}}, made_from=made_from))


def test_signing_in_on_two_devices_at_once_joins_both_carts(probe_entry):
    alice, other = UserFactory(), EntryFactory()
    at_work, at_home = make_cart(probe_entry), make_cart(other)

    answers = race(
        lambda: join_carts(user=alice, token=at_work.token).cart.pk,
        lambda: join_carts(user=alice, token=at_home.token).cart.pk,
        before=[(cart_services, "_make_own")],
    )

    assert errors_among(answers) == []
    own = Cart.objects.get()
    assert own.user == alice
    assert {line.entry for line in own.lines.all()} == {probe_entry, other}


def test_two_tabs_open_one_cart_for_a_person():
    alice = UserFactory()

    answers = race(*[partial(open_cart, token=None, user=alice)] * 2, after=[(cart_services, "find_cart")])

    assert errors_among(answers) == []
    assert set(values_among(answers)) == {Cart.objects.get()}


def test_a_retry_that_waited_for_another_one_leaves_no_line_without_a_job(probe_entry, diary):
    """Two merchants press the button; the second click is slow, and the first one's attempt fails meanwhile."""
    order = place(make_cart(probe_entry))
    pay(order)
    diary.raises["post"] = [REFUSED]
    run_due_jobs()
    line, merchant = order.lines.get(), UserFactory(is_staff=True)
    retry = partial(retry_line, line_id=line.pk, actor=merchant, now=timezone.now())
    diary.raises["post"] = [REFUSED]

    answers = race(
        Rival(retry, before=[(fulfilment, "line_with_people")]), lambda: (retry(), run_due_jobs()), in_turn=True
    )

    assert errors_among(answers) == []
    diary.raises["post"] = []
    assert deliver(order).status == "completed"


class TestTheLastUnpaidOrderOfAnAddress:
    def place_two_at_once(self, entry, **how) -> list[str]:
        for _order in range(PER_TYPED_ADDRESS.orders - 1):
            place(make_cart(entry))
        carts = [make_cart(entry), make_cart(entry)]
        counting = [(place_module, "check_unpaid_limits")]
        return errors_among(
            race(*(lambda cart=cart: place(cart).pk for cart in carts), before=counting, after=counting, **how)
        )

    def test_is_placed_once(self, probe_entry):
        assert self.place_two_at_once(probe_entry) == ["TooManyUnpaidOrders"]
        assert Order.objects.count() == PER_TYPED_ADDRESS.orders

    def test_control_without_the_advisory_lock_both_are_placed(self, probe_entry):
        def no_queue():
            limits._serialise = lambda _keys: None

        assert self.place_two_at_once(probe_entry, without=no_queue) == []
        assert Order.objects.count() == PER_TYPED_ADDRESS.orders + 1


def _joined_cart(user, token):
    joined = join_carts(user=user, token=token)
    return joined and joined.cart


@pytest.mark.parametrize("first", ["placed", "joined"])
def test_signing_in_while_the_order_is_placed_ends_in_one_of_both(probe_entry, first):
    alice, cart = UserFactory(), make_cart(probe_entry)
    shown = shown_now(cart)
    placing = Rival(lambda: place(cart, shown=shown).pk, before=[(place_module, "price_cart")])
    joining = Rival(lambda: _joined_cart(alice, cart.token), before=[(cart_services, "_make_own")])

    answers = race(*((placing, joining) if first == "placed" else (joining, placing)), in_turn=True)

    placed, joined = answers if first == "placed" else reversed(answers)
    cart.refresh_from_db()
    if first == "placed":
        assert (placed.error, joined.value, cart.user) == ("", None, None)
    else:
        assert (placed.error, joined.value, cart.user, cart.ordered_at) == ("CartEmpty", cart, alice, None)


class TestTwoClaims:
    def at_once(self, entry, **how):
        alice = UserFactory(email="alice@example.org")
        order = place(make_cart(entry), email=alice.email)
        claim = partial(claim_order, order_id=order.pk, user=alice, now=timezone.now())
        return order, errors_among(race(claim, claim, after=[(claim_services, "order_with_people")], **how))

    def test_make_one_owner(self, probe_entry):
        order, errors = self.at_once(probe_entry)
        assert errors == ["ClaimRefused"]
        assert order.account.memberships.count() == 1
        assert order.events.filter(what="claimed").count() == 1

    @pytest.mark.parametrize("is_moved", [False, True], ids=["stays", "moved"])
    @pytest.mark.parametrize("first", ["button", "link"])
    def test_button_against_link_the_order_is_claimed_once_and_both_lead_to_it(self, probe_entry, first, is_moved):
        alice = UserFactory(email="alice@example.org")
        own = MembershipFactory(user=alice).account
        order = place(make_cart(probe_entry), email=alice.email)
        link = AddressLink.objects.get(purpose="claim")
        account_id = own.pk if is_moved else None

        page = reverse("order", args=[order.token])

        def press():
            claim_by_button(order_id=order.pk, user=alice, account_id=account_id, now=timezone.now())
            return page

        def follow():
            def effect(link):
                return claim_by_link(link, alice, HttpRequest(), timezone.now())

            return use_link(link_id=link.pk, user=alice, now=timezone.now(), effect=effect)

        rivals = [Rival(press, after=[(claim_services, "record")]), Rival(follow, after=[(claim_services, "record")])]
        answers = race(*(rivals if first == "button" else reversed(rivals)), in_turn=True)
        pressed, followed = answers if first == "button" else reversed(answers)

        order.refresh_from_db()
        assert followed.value == page
        assert (pressed.error, deadlocks_among(answers)) == ("" if first == "button" else "ClaimRefused", 0)
        assert (order.buyer, order.account == own) == (alice, is_moved and first == "button")
        assert order.events.filter(what="claimed").count() == (2 if is_moved and first == "button" else 1)
        assert order.account.memberships.filter(user=alice, is_owner=True).count() == 1

    def test_control_without_the_orders_lock_it_is_claimed_twice(self, probe_entry):
        order, errors = self.at_once(probe_entry, without=no_row_locks)
        assert errors == []
        assert order.events.filter(what="claimed").count() == 2
