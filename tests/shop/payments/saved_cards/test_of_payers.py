"""A payer who was sent a pay link saves a card for their part, which alone is charged."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from shop.orders.models import Order
from shop.payments.requests.links import give_link, token_of
from shop.payments.requests.models import PaymentRequest
from shop.payments.saved_cards.models import CardCharge, SavedCard
from tests.constraints import broken, copy
from tests.shop.admin_pages import text_of
from tests.shop.payments.saved_cards.given import DAYS, charge, on, paid, saved
from tests.shop.steps import english_client

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def part(order) -> PaymentRequest:
    """The first part of the order, 50 euros in ten days, with a pay link."""
    found = order.requests.filter(replaced_at=None).order_by("position").first()
    with transaction.atomic():
        give_link(found)
    return found


def link(part: PaymentRequest) -> str:
    return reverse("pay-link", args=[token_of(part)])


def save(part: PaymentRequest, desk, choice: str = "save") -> SavedCard:
    """Save a card by the pay link, as its payer does."""
    client = english_client()
    assert client.post(link(part), {"card": "save"})["Location"].startswith(desk.service.page_base)
    row = SavedCard.objects.get(request=part, state="started")
    desk.service.save_card(row.reference, choice)
    answer = client.get(reverse("payment-return", args=["stripe", token_of(part)]))
    assert answer["Location"] == link(part)
    row.refresh_from_db()
    return row


def test_the_link_offers_it_and_tells_nothing_of_the_customer(order: Order, part, desk):
    page = text_of(english_client().get(link(part)))
    assert "Have your card charged on the day" in page
    assert "50.00" in page
    assert "70.00" not in page

    row = save(part, desk)

    assert (row.state, row.request) == ("saved", part)
    assert "We charge the card ending in 4242 by itself" in text_of(english_client().get(link(part)))
    session = desk.service.of("cs")[0]
    assert not session.get("customer_email")


def test_it_is_charged_for_the_part_alone(order, part, desk):
    row = save(part, desk)
    charge(on(DAYS))
    assert paid(order) == ["50.00"]
    charge(on(3 * DAYS))
    assert paid(order) == ["50.00"]
    assert list(CardCharge.objects.values_list("card", "request")) == [(row.pk, part.pk)]


def test_it_goes_before_the_card_of_the_customer(order, part, desk):
    own = saved(order, desk)
    row = save(part, desk)
    page = text_of(english_client().get(reverse("order", args=[order.token])))
    assert "70.00" in page

    charge(on(DAYS))
    charge(on(3 * DAYS))

    assert paid(order) == ["50.00", "70.00"]
    assert list(CardCharge.objects.order_by("pk").values_list("card", flat=True)) == [row.pk, own.pk]


def test_a_card_of_the_customer_that_was_refused_gives_way_to_it(order, part, desk):
    saved(order, desk, "save_empty")
    charge(on(DAYS))
    save(part, desk)
    charge(on(DAYS + 4))
    assert paid(order) == ["50.00"]


def test_the_payer_removes_it_and_the_customer_keeps_their_own(order, part, desk):
    own = saved(order, desk)
    row = save(part, desk)
    english_client().post(link(part), {"card": "remove"})
    for each in (own, row):
        each.refresh_from_db()
    assert (own.state, row.state) == ("saved", "ended")
    assert "Save a card" in text_of(english_client().get(link(part)))


def test_a_part_that_is_due_now_needs_none(order, part, desk):
    PaymentRequest.objects.filter(pk=part.pk).update(due_on=timezone.localdate())
    assert "Have your card charged" not in text_of(english_client().get(link(part)))
    answer = english_client().post(link(part), {"card": "save"}, follow=True)
    assert "No card is needed" in text_of(answer)
    assert not SavedCard.objects.exists()


def test_two_tabs_lead_to_one_page(part, desk):
    first, second = (english_client().post(link(part), {"card": "save"})["Location"] for _ in "12")
    assert first == second


def test_one_card_lives_for_a_part_and_one_for_the_customer(order, part, desk):
    own, row = saved(order, desk), save(part, desk)
    with broken("shop_savedcard_of_part_one_live"):
        copy("shop_savedcard", row.pk, key="00000000-0000-4000-8000-000000000001", reference="other")
    with broken("shop_savedcard_own_one_live"):
        copy("shop_savedcard", own.pk, key="00000000-0000-4000-8000-000000000002", reference="another")
