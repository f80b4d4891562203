"""The merchant adds fields to an entry, a customer answers them for two units and pays, both read the answers."""

import re

import pytest
from playwright.sync_api import Page, expect

from catalog.models.entry_fields import EntryField
from shop.orders.models import Order
from shop.seller.models import ShopIdentity
from tests.browser.administration import check, signed_in
from tests.factories.catalog import EntryFactory
from tests.factories.entry_fields import ask, make_field


@pytest.fixture
def entry(live_shop):
    ShopIdentity.current()
    return EntryFactory(code="TENUE", name_fr="Tenue de travail", name_en="Overall", tiers={1: "10.00"})


def add_field(page: Page, number: int, kind: str, label: str) -> None:
    """Add a row to the tab and fill it in."""
    page.locator("#fields-group .add-row").click()
    page.locator(f"#id_fields-{number}-kind").select_option(kind)
    page.locator(f"#id_fields-{number}-label_fr").fill(label)


def test_from_the_merchant_to_the_customer_and_back(browse, live_shop, entry):
    merchant = signed_in(browse, live_shop.base_url, locale="fr-FR", viewport={"width": 1280, "height": 900})
    merchant.goto(f"/admin/catalog/entry/{entry.pk}/change/")
    merchant.locator("#tabs-items a[href='#fields']").click()
    add_field(merchant, 0, "choice", "Taille")
    expect(merchant.locator("#id_fields-0-pattern")).to_be_hidden()
    merchant.locator("#id_fields-0-choices").fill("s | Petite | Small\nm | Moyenne | Medium")
    merchant.locator("#id_fields-0-is_required").check()
    add_field(merchant, 1, "text", "Plaque")
    expect(merchant.locator("#id_fields-1-choices")).to_be_hidden()
    merchant.locator("#id_fields-1-pattern").fill("[A-Z]{2}-[0-9]+")
    merchant.locator("#id_fields-1-example").fill("AB-12")
    merchant.locator("[name=_continue]").click()
    merchant.wait_for_url(re.compile(r"/change/"))
    expect(merchant.locator("#id_fields-1-name")).to_have_value("plaque")
    assert [field.name for field in EntryField.objects.all()] == ["taille", "plaque"]

    customer = browse(live_shop.base_url, locale="fr-FR", viewport={"width": 390, "height": 800})
    customer.goto("/e/TENUE/")
    customer.locator("main input[name=quantity]").fill("2")
    customer.locator("main form button[type=submit]").first.click()
    customer.goto("/checkout/")
    customer.locator("select[name$=taille]").nth(0).select_option(label="Petite")
    customer.locator("select[name$=taille]").nth(1).select_option(label="Moyenne")
    customer.locator("input[name$=plaque]").nth(1).fill("ab")
    customer.locator(".actions button[type=submit]").first.click()
    expect(customer.locator("#form-errors")).to_contain_text("AB-12")
    customer.locator("input[name$=plaque]").nth(1).fill("ZZ-9")
    customer.locator(".actions button[type=submit]").first.click()
    customer.wait_for_url("**/checkout/details/")
    for name, value in {
        "email": "alice@example.org", "contact_name": "Alice Martin", "billing_name": "Ateliers Martin",
        "street": "3 rue du Port", "postal_code": "44000", "city": "Nantes", "register_number": "73282932000074",
    }.items():  # fmt: skip
        customer.locator(f"[name={name}]").fill(value)
    customer.locator(".actions button[type=submit]").first.click()
    customer.wait_for_url("**/checkout/review/")
    expect(customer.locator(".unit-list")).to_contain_text("Moyenne")
    customer.locator("main form .actions button[type=submit]").first.click()
    customer.wait_for_url("**/orders/*/")
    customer.locator("[name=method][value=sandbox]").check()
    customer.locator("form.pay button[type=submit]").click()
    customer.wait_for_url("**/payments/sandbox/**")
    customer.locator("[name=choice][value=succeed]").click()
    if "/payments/" in customer.url:
        customer.locator("main form button[type=submit]").first.click()
    customer.wait_for_url("**/orders/*/")
    live_shop.run_jobs()
    customer.reload()
    customer.locator("details.line-note summary").click()
    expect(customer.locator(".unit-list li").nth(1)).to_contain_text("Taille")
    expect(customer.locator(".unit-list li").nth(1)).to_contain_text("ZZ-9")

    order = Order.objects.get()
    assert order.status == "completed"
    merchant.goto(f"/admin/shop/order/{order.pk}/change/")
    expect(merchant.get_by_role("row", name="ZZ-9")).to_contain_text("Moyenne")


def test_the_fields_of_an_entry_can_be_read_and_reached(browse, live_shop, entry):
    ask(
        entry,
        make_field("size", "choice", is_required=True),
        make_field("born", "date"),
        make_field("diet", "long_text"),
    )
    page = signed_in(
        browse, live_shop.base_url, locale="fr-FR", color_scheme="dark", viewport={"width": 1360, "height": 900}
    )
    page.goto(f"/admin/catalog/entry/{entry.pk}/change/#fields")
    page.locator("#id_fields-0-choices").wait_for()
    check(page)
