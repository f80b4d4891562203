"""Several tax codes in one order, in a shop that types prices with tax: cart, review, order and administration."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

from shop.cart.models import Cart
from shop.cart.services import save_details
from shop.seller.models import ShopIdentity
from shop.seller.services import save_seller
from tests.browser.administration import check, signed_in
from tests.browser.looks import check_page
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import fill_cart, make_cart, place
from tests.shop.papers.given import SIRET

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
DETAILS = {
    "kind": "organisation", "email": "alice@example.org", "contact_name": "Alice Martin", "billing_name": "Alpha SARL",
    "street": "1 rue Haute", "postal_code": "35000", "city": "Rennes", "country": "FR", "register_number": SIRET,
}  # fmt: skip
PRICES = {1: "119.99", 5: "99.90"}
PICTURES = os.environ.get("PICTURES", "")


@pytest.fixture
def entries(live_shop):
    """Sell, with tax: a room at 20 %, a book at 5.5 %, and a training that is exempt."""
    names = {
        "20.00": ("Salle de formation", "Training room"),
        "5.50": ("Manuel", "Handbook"),
        "0.00": ("CACES", "CACES"),
    }
    sold = [
        EntryFactory(
            code=f"E{place_}", name_fr=fr, name_en=en, tax=TaxFactory(rate=rate), tiers={1: "119.99", 5: "99.90"}
        )
        for place_, (rate, (fr, en)) in enumerate(names.items())
    ]
    seller = ShopIdentity.current()
    seller.prices_include_tax = True
    save_seller(seller=seller)
    return sold


def look(page: Page, name: str) -> None:
    for size, width in ((WIDE, "wide"), (NARROW, "narrow")):
        page.set_viewport_size(size)
        check_page(page)
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_page_tells_the_tax_of_each_rate(browse, live_shop, entries, language):
    page = browse(live_shop.base_url, locale={"fr": "fr-FR", "en": "en-GB"}[language])
    page.goto(f"/e/{entries[0].code}/")
    look(page, f"entry-{language}")
    for entry in entries:
        page.goto(f"/e/{entry.code}/")
        page.locator(".buy-form button").click()
        page.wait_for_url("**/cart/")
    said = {"fr": "sur", "en": "on"}[language]
    assert page.locator(f"#totals dt:has-text(' {said} ')").count() == 3
    look(page, f"cart-{language}")
    save_details(cart=Cart.objects.get(), details=DETAILS)
    page.goto("/checkout/review/")
    page.wait_for_url("**/checkout/review/")
    assert page.locator(f".totals dt:has-text(' {said} ')").count() == 3
    look(page, f"review-{language}")


def test_the_order_tells_it_too(browse, live_shop, entries):
    cart = make_cart(entries[0])
    for entry in entries[1:]:
        fill_cart(cart, entry, quantity=5)
    order = place(cart, register_number=SIRET)
    page = signed_in(browse, live_shop.base_url)
    page.goto(f"/admin/shop/order/{order.pk}/change/")
    check(page)
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / "admin.png", full_page=True)
    assert page.get_by_text("TVA 5,5").count() or page.get_by_text("Tax 5.5").count()
    page.goto(f"/orders/{order.token}/")
    assert page.locator(".totals div").count() >= 5
    look(page, "order")
