"""A card at Stripe's page, which its stand-in shows: declined, then with 3-D Secure, to the confirmed order."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place
from tests.shop.payments.providers.desks import stripe_desk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("locale", "paid"), [("en-GB", "Paid on"), ("fr-FR", "Payée le")])
def test_a_card_with_3d_secure_pays_an_order(browse, live_shop, settings, monkeypatch, locale, paid):
    settings.SITE_URL = live_shop.base_url
    order = place(make_cart(EntryFactory()))
    with stripe_desk(monkeypatch) as desk:
        desk.service.webhook = f"{live_shop.base_url}/payments/stripe/webhook/"
        page = browse(live_shop.base_url, locale=locale)
        page.goto(f"/orders/{order.token}/")
        page.locator("[name=method][value=stripe]").check()
        page.locator("[name=pay]").click()
        page.wait_for_url(f"{desk.service.page_base}/pay/*")
        page.get_by_role("button", name="Pay with a card that is declined").click()
        expect(page.get_by_text("Your card was declined.")).to_be_visible()
        page.get_by_role("button", name="Pay with a card that asks for 3-D Secure").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("3-D Secure")
        page.get_by_role("button", name="Yes").click()
        page.wait_for_url(f"{live_shop.base_url}/orders/{order.token}/")
        expect(page.locator("main")).to_contain_text(paid)
    order.refresh_from_db()
    assert (order.status, order.payments.get().provider) == ("completed", "stripe")
    assert order.payment_attempts.get().state == "ended"
