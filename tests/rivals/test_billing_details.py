"""At the same moment: a customer corrects the billing details, and the payment comes that has the invoice issued.

The invoice says what the order says, and no correction follows it. The control shows what the order's lock is for.
"""

from __future__ import annotations

import pytest
from django.utils import timezone

from documents.issued.models import Document
from shop.orders.billing import services as billing
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.papers import services as papers
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import make_cart, pay, place
from tests.rivals.processes import Rival, no_row_locks, race
from tests.shop.papers.given import SIRET, begin_series, complete_seller

pytestmark = pytest.mark.django_db(transaction=True)

# One is about to issue, and has read the order; the other has seen that nothing is issued, and is about to write.
ABOUT_TO_ISSUE = [(papers, "issue_planned")]
ABOUT_TO_CORRECT = [(billing, "_correct")]


@pytest.fixture
def order() -> Order:
    complete_seller()
    begin_series()
    cart = make_cart(EntryFactory(tiers={1: "100.00"}, tax=TaxFactory()))
    return place(cart, email="alice@example.org", register_number=SIRET)


def correcting(order: Order):
    typed = {"billing_city": "Brest"}
    return lambda: bool(billing.correct_own_billing(order_id=order.pk, values=typed, actor=None, now=timezone.now()))


def rivals(order: Order) -> tuple[Rival, Rival]:
    return (
        Rival(lambda: pay(order), before=ABOUT_TO_ISSUE),
        Rival(correcting(order), before=ABOUT_TO_CORRECT),
    )


def is_told_alike() -> bool:
    said = Document.objects.get().data["buyer"]["city"]
    corrected = OrderEvent.objects.filter(what=OrderEvent.What.BILLING_CORRECTED).exists()
    return said == Order.objects.get().billing_city == ("Brest" if corrected else "Nantes")


@pytest.mark.parametrize("turn", [1, -1])
def test_the_invoice_says_what_the_order_says(order, turn):
    answers = race(*rivals(order)[::turn], in_turn=True)

    first, second = answers
    assert second.kept_away
    assert not first.error
    assert second.error in ("", "NotCorrectable")
    assert is_told_alike()


def test_control_without_the_orders_lock_the_invoice_says_what_was_corrected_away(order):
    race(*rivals(order), without=no_row_locks)

    assert not is_told_alike()
