"""A card saved at Stripe's page, which its stand-in shows, for parts that are due later."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from common.moments import local_day
from shop.payments.requests.planning import Part, plan_payments
from shop.payments.saved_cards.models import SavedCard
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place
from tests.shop.payments.providers.desks import stripe_desk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("locale", "save", "saved"),
    [
        ("en-GB", "Save a card", "We charge the card ending in 4242 by itself"),
        ("fr-FR", "Enregistrer une carte", "Nous débiterons automatiquement la carte se terminant par 4242"),
    ],
)
def test_a_card_is_saved_for_what_is_due_later(browse, live_shop, settings, monkeypatch, locale, save, saved):
    settings.SITE_URL = live_shop.base_url
    order, today = place(make_cart(EntryFactory())), local_day(timezone.now())
    half = order.gross / 2
    parts = [Part(Decimal(half), today + timedelta(days=30)), Part(Decimal(half), today + timedelta(days=60))]
    plan_payments(order_id=order.pk, parts=parts, actor=UserFactory(), now=timezone.now())
    with stripe_desk(monkeypatch) as desk:
        page = browse(live_shop.base_url, locale=locale)
        page.goto(f"/orders/{order.token}/")
        page.get_by_role("button", name=save).click()
        page.wait_for_url(f"{desk.service.page_base}/pay/*")
        page.get_by_role("button", name="Save the card").click()
        page.wait_for_url(f"{live_shop.base_url}/orders/{order.token}/")
        expect(page.locator("main")).to_contain_text(saved)
        assert desk.service.of("pi") == []
    assert SavedCard.objects.get().state == "saved"
