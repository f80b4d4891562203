"""The merchant's pages of an order in a browser: wide and narrow, by keyboard, with a clean console."""

import pytest

from shop.orders.models import Order
from shop.seller.models import ShopIdentity
from tests.browser.administration import check, signed_in
from tests.browser.looks import findings
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place, postal_address


@pytest.fixture
def order(live_shop) -> Order:
    ShopIdentity.objects.create(pk=1, name="Formations du Rhône")
    cart = make_cart(EntryFactory())
    return place(
        cart,
        email="a.very.long.address.of.somebody@departement.example.org",
        address=postal_address(name="Lycée " * 12),
    )


def pages_of(order: Order) -> list[str]:
    orders = f"/admin/shop/order/{order.pk}"
    return [
        "/admin/",
        "/admin/shop/order/",
        f"{orders}/change/",
        f"{orders}/payment/",
        f"{orders}/cancel/",
        f"{orders}/lines/{order.lines.get().pk}/units/",
        f"{orders}/lines/{order.lines.get().pk}/give-back/",
        "/admin/shop/payment/",
        "/admin/shop/paymentevent/",
        "/admin/shop/shopidentity/1/change/",
        "/admin/shop/legaltext/add/",
    ]


@pytest.mark.parametrize(("locale", "scheme"), [("en-GB", "light"), ("fr-FR", "dark")])
def test_every_page_fits_its_window_and_our_part_of_it_is_accessible(browse, live_shop, order, locale, scheme):
    page = signed_in(browse, live_shop.base_url, locale=locale, color_scheme=scheme)
    for address in pages_of(order):
        page.set_viewport_size({"width": 1360, "height": 800})
        page.goto(address)
        check(page)


def test_boxes_of_choices_are_named_by_their_labels(browse, live_shop, order):
    page = signed_in(browse, live_shop.base_url, locale="en-GB")
    page.goto("/admin/shop/order/")
    page.wait_for_function("document.querySelectorAll('.select2-selection[aria-labelledby^=label-of-]').length == 4")
    label_of = "box => document.getElementById(box.getAttribute('aria-labelledby').split(' ')[0]).innerText"
    names = page.locator(".select2-selection").evaluate_all(f"boxes => boxes.map({label_of})")
    assert [name.strip().lower() for name in names] == ["by to do", "by status", "by paid", "by payment method"]
    assert findings(page, runOnly={"type": "rule", "values": ["aria-input-field-name"]}) == []


def test_the_palette_finds_an_order(browse, live_shop, order):
    page = signed_in(browse, live_shop.base_url, locale="en-GB")
    page.goto("/admin/")
    page.keyboard.press("Control+k")
    page.locator("#search-input-command").press_sequentially("zzzz")
    page.get_by_text("Nothing found").wait_for()
    page.locator("#search-input-command").fill("")
    page.locator("#search-input-command").press_sequentially(order.number)
    page.locator("#command-results").get_by_role("link", name=order.number).wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/admin/shop/order/{order.pk}/change/")


def test_a_payment_is_confirmed_by_keyboard(browse, live_shop, order):
    page = signed_in(browse, live_shop.base_url, locale="en-GB")
    page.goto(f"/admin/shop/order/{order.pk}/change/")
    page.get_by_role("link", name="Confirm a received payment").press("Enter")
    page.get_by_label("Amount received").fill("100")
    page.get_by_label("Reference of the payment").fill("VIR 42")
    page.keyboard.press("Enter")
    page.get_by_text("The order's total is different.").wait_for()
    page.get_by_label("Amount received").fill("120,00")
    page.keyboard.press("Enter")
    page.get_by_text(f"Order {order.number} is paid: €120.00 have arrived.").wait_for()
    order.refresh_from_db()
    assert order.status == "completed"
