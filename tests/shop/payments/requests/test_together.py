"""Several pieces of money of one order, applied together: alone, none would bring an ended order back."""

from decimal import Decimal

import pytest
from django.utils import timezone

from billing.ledger.models import Account
from billing.ledger.selectors import balance, balances_of_order
from handlers.contract import Refusal
from shop.orders.ending import cancel_order
from shop.orders.models import Order
from shop.payments.models import PaymentEvent
from shop.payments.requests.models import Allocation
from shop.payments.requests.together import MoneyChanged, apply_together, sum_waiting
from shop.payments.requests.using import DoesNotFit
from tests.factories.accounts import UserFactory
from tests.factories.shop import make_cart, place
from tests.shop.admin_pages import order_url
from tests.shop.merchants import browser_of, staff
from tests.shop.payments.requests.plans import NOW, piece

pytestmark = pytest.mark.django_db


@pytest.fixture
def ended(probe_entry, diary):
    """Return a function that makes an order of 120 € that was cancelled, with pieces that came before and after."""

    def make(before: list[int], after: list[int]) -> Order:
        order = place(make_cart(probe_entry))
        for number, amount in enumerate(before):
            piece(order, amount, f"before{number}")
        cancel_order(order_id=order.pk, actor=None, now=NOW)
        for number, amount in enumerate(after):
            piece(order, amount, f"after{number}")
        order.refresh_from_db()
        return order

    return make


def apply(order: Order, seen: int) -> Decimal:
    told = {"reason": "Agreed", "actor": UserFactory(is_staff=True), "now": timezone.now()}
    return apply_together(order_id=order.pk, seen=Decimal(seen), **told)


def state(order: Order) -> str:
    return Order.objects.get(pk=order.pk).status


@pytest.mark.parametrize(
    ("before", "after"), [([50], [70]), ([50, 30], [40]), ([], [60, 60]), ([20, 20, 20], [20, 40])]
)
def test_pieces_bring_an_ended_order_back_together(ended, before, after):
    order = ended(before, after)
    assert sum_waiting(order) == (len(before) + len(after), 120)
    assert apply(order, 120) == 120
    assert state(order) == "paid"
    assert balances_of_order(order.pk).get(Account.RECEIVABLE, 0) == 0
    assert balances_of_order(order.pk).get(Account.DEPOSITS, 0) == 0
    assert balance(Account.UNALLOCATED, currency="EUR") == 0
    assert not PaymentEvent.objects.needing_attention().exists()


def test_what_is_over_waits_on(ended):
    order = ended([50], [100])
    assert apply(order, 150) == 120
    assert state(order) == "paid"
    assert balance(Account.UNALLOCATED, currency="EUR") == -30
    assert PaymentEvent.objects.needing_attention().count() == 1


def test_too_little_changes_nothing(ended):
    order = ended([50], [30])
    with pytest.raises(DoesNotFit):
        apply(order, 80)
    assert state(order) == "cancelled"
    assert not Allocation.objects.filter(released_at__isnull=True).exists()
    assert balance(Account.UNALLOCATED, currency="EUR") == -80


def test_nothing_changes_when_the_places_are_gone(ended, diary):
    order = ended([50], [70])
    diary.raises["retake"] = [Refusal("gone")]
    with pytest.raises(DoesNotFit):
        apply(order, 120)
    assert state(order) == "cancelled"
    assert not Allocation.objects.filter(released_at__isnull=True).exists()


def test_a_sum_that_was_not_shown_is_refused(ended):
    order = ended([50], [70])
    with pytest.raises(MoneyChanged):
        apply(order, 50)
    apply(order, 120)
    with pytest.raises(MoneyChanged):
        apply(order, 120)


def test_the_button_stands_on_the_orders_page_for_those_who_deal_with_money(ended):
    order = ended([50], [70])
    may = browser_of(staff("shop.view_order", "shop.deal_with_money"))
    page = may.get(order_url(order)).content.decode()
    assert 'name="seen" value="120.00"' in page
    assert 'name="seen"' not in browser_of(staff("shop.view_order")).get(order_url(order)).content.decode()
    may.post(order_url(order, "together"), {"seen": "50.00"})
    assert state(order) == "cancelled"
    may.post(order_url(order, "together"), {"seen": "120.00"})
    assert state(order) == "paid"
    assert browser_of(staff("shop.view_order")).post(order_url(order, "together")).status_code == 403
