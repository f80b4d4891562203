"""Withdrawal from a contract in a real browser: from the order's page to the acknowledgement, without a sign-in."""

import pytest
from playwright.sync_api import expect

from shop.withdrawal.models import Withdrawal
from tests.browser.looks import check_page
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place


@pytest.mark.parametrize(
    ("locale", "width", "received"),
    [("fr-FR", 320, "Nous avons reçu votre rétractation"), ("en-GB", 1200, "We have received your withdrawal")],
)
def test_a_private_person_withdraws(browse, live_shop, locale, width, received):
    order = place(make_cart(EntryFactory(vocational="no")), is_organisation=False)
    page = browse(live_shop.base_url, locale=locale, viewport={"width": width, "height": 800}, reduced_motion="reduce")
    page.goto(f"/orders/{order.token}/")
    check_page(page)
    page.locator(f"main a[href='/orders/{order.token}/withdraw/']").click()
    page.wait_for_url("**/withdraw/")
    check_page(page)
    page.locator("main [name=name]").fill("Camille Roy")
    page.locator("main [name=answer_to]").fill("no address")
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main [name=answer_to]")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("main [name=name]")).to_have_value("Camille Roy")
    check_page(page)
    page.locator("main [name=answer_to]").fill("camille@example.org")
    page.locator("main form button[type=submit]").click()
    confirm = page.locator("main button[name=confirm]")
    expect(confirm).to_be_visible()
    check_page(page)
    assert not Withdrawal.objects.exists()
    confirm.click()
    expect(page.get_by_role("heading", name=received)).to_be_visible()
    check_page(page)
    assert Withdrawal.objects.get().order == order
