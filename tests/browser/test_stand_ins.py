"""Pages of the stand-ins of providers: left without paying, then used to pay, to the confirmed order."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shop.orders.models import Order
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place
from tests.shop.payments.providers.desks import gocardless_desk, lyra_desk, mollie_desk

pytestmark = pytest.mark.django_db(transaction=True)

# By provider: its desk, the button by which customers go back, and the one by which they pay.
PAGES: dict[str, tuple[Callable[..., AbstractContextManager[Any]], str, str]] = {
    "lyra": (lyra_desk, "Back to the shop", "Pay"),
    "mollie": (mollie_desk, "Cancel", "Pay"),
    "gocardless": (gocardless_desk, "Back to the shop", "Allow the debit; the bank pays"),
}


def go_to_page(page: Page, order: Order, provider: str) -> None:
    page.goto(f"/orders/{order.token}/")
    page.locator(f"[name=method][value={provider}]").check()
    page.locator("[name=pay]").click()
    if provider == "lyra":  # whose page is reached by a form of the shop
        page.get_by_role("button", name="Continue to the bank's page").click()


def test_each_is_left_without_paying_and_then_pays_an_order(browse, live_shop, settings, monkeypatch):
    settings.SITE_URL = live_shop.base_url
    page = browse(live_shop.base_url, locale="en-GB")
    for provider, (desk_of, leave, pay) in PAGES.items():
        order = place(make_cart(EntryFactory()), email=f"{provider}@example.org")
        shown = f"{live_shop.base_url}/orders/{order.token}/"
        with desk_of(monkeypatch) as desk:
            if provider != "lyra":  # whose forms name the address themselves
                desk.service.webhook = f"{live_shop.base_url}/payments/{provider}/webhook/"
            go_to_page(page, order, provider)
            page.get_by_role("button", name=leave, exact=True).click()
            page.wait_for_url(shown)
            go_to_page(page, order, provider)
            page.get_by_role("button", name=pay, exact=True).click()
            page.wait_for_url(shown)
            expect(page.locator("main")).to_contain_text("Paid on")
        order.refresh_from_db()
        assert (order.status, order.payments.get(status="succeeded").provider) == ("completed", provider)
