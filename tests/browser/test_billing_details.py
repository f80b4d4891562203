"""Billing details corrected in a real browser: from the order's page until the invoice, and the way to ask then."""

import pytest
from playwright.sync_api import expect

from shop.orders.models import Order
from tests.browser.looks import check_page
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.papers.given import SIRET, complete_seller


@pytest.mark.parametrize(
    ("locale", "width", "done"),
    [("fr-FR", 320, "Les coordonnées de facturation sont corrigées."), ("en-GB", 1200, "details are corrected.")],
)
def test_a_customer_corrects_them_until_the_invoice(browse, live_shop, locale, width, done):
    complete_seller()
    order = place(make_cart(EntryFactory()), register_number=SIRET)
    page = browse(live_shop.base_url, locale=locale, viewport={"width": width, "height": 800}, reduced_motion="reduce")
    page.goto(f"/orders/{order.token}/")
    link = page.locator(f"main a[href='/orders/{order.token}/billing/']")
    link.click()
    check_page(page)
    page.locator("main [name=city]").fill("Brest")
    page.locator("main [name=register_number]").fill("732 829 320 00079")
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main [name=register_number]")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("main [name=city]")).to_have_value("Brest")
    check_page(page)
    page.locator("main [name=register_number]").fill(SIRET)
    page.locator("main form button[type=submit]").click()
    expect(page.get_by_text(done)).to_be_visible()
    assert Order.objects.get().billing_city == "Brest"
    pay(order)
    page.reload()
    link.click()
    expect(page.locator("main a[href^='mailto:']")).to_be_visible()
    check_page(page)
