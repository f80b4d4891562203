"""VAT numbers that are corrected on an order sold without VAT, in a shop that charges VAT until VIES has answered."""

from __future__ import annotations

import pytest
from django.utils import timezone

from billing.taxes.deciding import Supply
from outbox.jobs.running import run_due_jobs
from shop.orders.billing.services import correct_own_billing
from shop.orders.billing.taxes import TaxWouldChange
from shop.orders.models import Order
from shop.seller.models import ShopIdentity
from shop.vat_ids.models import VatCheck
from shop.vat_ids.selectors import digest_of, orders_to_look_at
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place, postal_address
from workbench.stand_ins import vies as stand_in

pytestmark = pytest.mark.django_db

KNOWN, OTHER = "DE136695976", "DE811569869"


@pytest.fixture
def vies(settings):
    desk = stand_in.Vies()
    with stand_in.running(desk) as base:
        settings.VIES_URL = base
        yield desk


@pytest.fixture(autouse=True)
def charged_until_answered():
    ShopIdentity.current()
    ShopIdentity.objects.update(vat_id_rule=ShopIdentity.VatIdRule.CHARGE)


def answered(vat_id: str, state: str) -> None:
    now = timezone.now()
    VatCheck.objects.create(digest=digest_of(vat_id), state=state, asked_at=now, answered_at=now)


def sold(vat_id: str = KNOWN) -> Order:
    cart = make_cart(EntryFactory(supply=Supply.LIVE))
    return place(cart, address=postal_address(country="DE"), vat_id=vat_id)


def correct(order: Order, vat_id: str) -> None:
    correct_own_billing(order_id=order.pk, values={"vat_id": vat_id}, actor=None, now=timezone.now())
    order.refresh_from_db()


def test_another_number_is_taken_and_asked_about(vies):
    answered(KNOWN, "valid")
    order = sold()
    assert order.tax == 0

    correct(order, OTHER)
    run_due_jobs()

    check = VatCheck.objects.get(order=order)
    assert (order.vat_id, order.tax) == (OTHER, 0)
    assert (check.digest, check.state) == (digest_of(OTHER), "valid")


def test_another_number_that_vies_does_not_know_is_told_to_staff(vies):
    answered(KNOWN, "valid")
    order = sold()
    vies.answers[OTHER] = "invalid"

    correct(order, OTHER)
    assert not orders_to_look_at().exists()
    run_due_jobs()

    assert list(orders_to_look_at()) == [order]


@pytest.mark.parametrize("vat_id", ["", OTHER, "ATU13585627"], ids=["none", "not valid", "of another country"])
def test_a_number_that_cannot_count_is_refused(vies, vat_id):
    answered(KNOWN, "valid")
    answered(OTHER, "invalid")
    order = sold()

    with pytest.raises(TaxWouldChange):
        correct(order, vat_id)

    order.refresh_from_db()
    assert order.vat_id == KNOWN


def test_an_order_sold_with_vat_keeps_it_whatever_vies_may_answer(vies):
    order = sold()
    assert order.tax > 0

    correct(order, OTHER)

    assert (order.vat_id, order.tax > 0) == (OTHER, True)
