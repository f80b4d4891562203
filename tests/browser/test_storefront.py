"""Buying in a real browser: in both languages, on a narrow screen, by keyboard, and without JavaScript."""

import re
from collections.abc import Collection

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from handlers.testing import parameters
from shop.checkout.place import Consent
from shop.orders.models import Order
from shop.seller.models import LegalText, ShopIdentity
from tests.browser.looks import check_page, tab_to
from tests.factories.catalog import CategoryFactory, EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart, pay, place

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
DETAILS = {
    "email": "claire@example.org",
    "contact_name": "Claire Fontaine",
    "billing_name": "Ateliers Fontaine",
    "street": "4 quai du Port",
    "postal_code": "13002",
    "city": "Marseille",
    "register_number": "732 829 320 00074",
}
# Fields that a private person does not see.
OF_ORGANISATIONS = ("billing_name", "register_number")


@pytest.fixture
def session(live_shop):
    """Sell a session at 290.00 net, 260.00 from five on, in an open course."""
    ShopIdentity.objects.update_or_create(pk=1, defaults={"name": "Amphi Formation", "iban": "FR76 3000 6000 0112"})
    for kind in ("terms", "withdrawal"):
        LegalText.objects.create(
            kind=kind, version=1, body_fr="Article 1", body_en="Article 1", published_at=timezone.now()
        )
    CourseFactory(short_name="SST-1")
    return EntryFactory(
        code="SST",
        category=CategoryFactory(slug="securite", name_fr="Sécurité", name_en="Safety"),
        name_fr="Session de secourisme",
        name_en="First-aid session",
        tiers={1: "290.00", 5: "260.00"},
        handler="std_setuponecoursesession",
        parameters=parameters("std_setuponecoursesession", coursename="SST-1"),
    )


def put_in_cart(page: Page, quantity: int) -> None:
    page.goto("/e/SST/")
    page.locator(".buy-form [name=quantity]").fill(str(quantity))
    page.locator(".buy-form button").click()
    page.wait_for_url("**/cart/")


def fill_unit(page: Page, index: int, email: str, first_name: str, last_name: str) -> None:
    for name, value in (("email", email), ("first_name", first_name), ("last_name", last_name)):
        page.locator(f"[name$='-{index}-{name}']").fill(value)


def fill_details(page: Page, *, but: Collection[str] = ()) -> None:
    for name, value in DETAILS.items():
        if name not in but:
            page.locator(f"[name={name}]").fill(value)


def go_on(page: Page) -> None:
    page.locator("main .actions button[type=submit]").first.click()


@pytest.mark.parametrize(
    ("locale", "viewport", "color_scheme"),
    [("fr-FR", NARROW, "light"), ("en-GB", WIDE, "dark")],
)
def test_a_visitor_buys_a_session_and_every_page_on_the_way_is_sound(
    browse, live_shop, session, locale, viewport, color_scheme
):
    page = browse(live_shop.base_url, locale=locale, viewport=viewport, color_scheme=color_scheme)
    for address in ("/", "/c/securite/", "/?q=secourisme", "/?q=nothing", "/e/SST/", "/cart/", "/legal/terms/", "/no/"):
        page.goto(address)
        check_page(page)

    put_in_cart(page, 3)
    check_page(page)
    page.locator("#continue").click()
    page.wait_for_url("**/checkout/units/")
    check_page(page)
    fill_unit(page, 0, "lea@example.org", "Léa", "Martin")
    fill_unit(page, 1, "no address", "Karim", "")
    go_on(page)
    page.wait_for_url("**/checkout/units/?page=1")
    check_page(page)
    expect(page.locator("[aria-invalid=true]")).to_have_count(2)
    expect(page.locator("[name$='-0-email']")).to_have_value("lea@example.org")
    fill_unit(page, 1, "karim@example.org", "Karim", "Benali")
    go_on(page)
    page.wait_for_url("**/checkout/details/")
    check_page(page)
    go_on(page)
    expect(page.locator("#form-errors")).to_be_focused()
    check_page(page)
    page.locator("[name=kind][value=person]").check()
    for name in ("billing_name", "register_number", "service_code", "vat_id", "purchase_reference", "payer_email"):
        expect(page.locator(f"[name={name}]")).to_be_hidden()
    fill_details(page, but=OF_ORGANISATIONS)
    go_on(page)
    page.wait_for_url("**/checkout/review/")
    check_page(page)
    go_on(page)
    check_page(page)
    for box in page.locator("main input[type=checkbox]").all():
        box.check()
    go_on(page)
    page.wait_for_url("**/orders/*/")
    check_page(page)
    page.locator("[name=method][value=sandbox]").check()
    page.locator("form.pay button").click()
    page.wait_for_url("**/payments/sandbox/**")
    check_page(page)
    page.locator("[name=choice][value=succeed]").click()
    page.wait_for_url("**/orders/*/")
    expect(page.locator(".order-delivering")).to_be_visible()
    check_page(page)
    live_shop.run_jobs()
    # The page is not reloaded: its script asks for the state.
    expect(page.locator(".order-completed")).to_be_visible()
    expect(page.locator("#order-live")).not_to_be_empty()
    check_page(page)
    assert Order.objects.get().status == "completed"


def test_without_javascript_the_same_way_leads_to_the_same_order(browse, live_shop, session):
    page = browse(live_shop.base_url, java_script_enabled=False)
    put_in_cart(page, 2)
    page.locator("[name^=quantity-]").fill("3")
    page.locator("#continue").click()
    page.wait_for_url("**/checkout/units/")
    for index in range(3):
        fill_unit(page, index, f"p{index}@example.org", "Paul", f"Petit {index}")
    go_on(page)
    fill_details(page)
    go_on(page)
    for box in page.locator("main input[type=checkbox]").all():
        box.check()
    go_on(page)
    page.locator("[name=method][value=sandbox]").check()
    page.locator("form.pay button").click()
    page.locator("[name=choice][value=succeed]").click()
    page.wait_for_url("**/orders/*/")
    live_shop.run_jobs()
    # Without JavaScript the page refreshes itself.
    expect(page.locator(".order-completed")).to_be_visible()
    assert Order.objects.get().lines.get().quantity == 3


def test_the_cart_shows_the_price_of_the_tier_as_soon_as_the_quantity_is_typed(page, session):
    put_in_cart(page, 4)
    expect(page.locator(".totals .total dd")).to_have_text(re.compile(r"1\s392,00\s€"))
    page.locator("[name^=quantity-]").fill("5")
    page.keyboard.press("Tab")
    expect(page.locator(".totals .total dd")).to_have_text(re.compile(r"1\s560,00\s€"))
    expect(page.locator("#cart-status")).to_contain_text(re.compile(r"1\s560,00\s€"))
    # The focus stays where the keyboard has moved it.
    expect(page.locator("[id^=remove-]")).to_be_focused()
    page.locator("[name^=quantity-]").fill("-5")
    page.keyboard.press("Tab")
    expect(page.locator("[name^=quantity-]")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[name^=quantity-]")).to_have_value("-5")


def test_everything_can_be_bought_by_keyboard_alone(page, session):
    page.goto("/e/SST/")
    page.keyboard.press("Tab")
    expect(page.locator("a[href='#content']")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, ".buy-form [name=quantity]")
    page.keyboard.press("Control+A")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cart/**")
    tab_to(page, "[name^=quantity-]")
    page.keyboard.press("Control+A")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(page.locator(".totals .total dd")).to_have_text(re.compile(r"696,00\s€"))
    tab_to(page, "#continue")
    page.keyboard.press("Enter")
    page.wait_for_url("**/checkout/units/")
    tab_to(page, "[name$='-0-email']")
    page.keyboard.type("lea@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type("Léa")
    page.keyboard.press("Tab")
    page.keyboard.type("Martin")
    page.keyboard.press("Enter")
    page.wait_for_url("**/checkout/details/")
    for name, value in DETAILS.items():
        tab_to(page, f"[name={name}]")
        page.keyboard.type(value)
    page.keyboard.press("Enter")
    page.wait_for_url("**/checkout/review/")
    tab_to(page, "[name=accept_terms]")
    page.keyboard.press("Space")
    tab_to(page, "main .actions button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/*/")
    tab_to(page, "[name=method]")
    page.keyboard.press("ArrowDown")
    tab_to(page, "form.pay button")
    page.keyboard.press("Enter")
    expect(page.locator(".order-awaiting_money")).to_be_visible()
    expect(page.locator(".instructions")).to_contain_text("FR76 3000 6000 0112")


def test_a_late_answer_of_the_bank_is_shown_when_it_comes(page, live_shop, session):
    put_in_cart(page, 1)
    page.locator("#continue").click()
    go_on(page)
    fill_details(page)
    go_on(page)
    page.locator("[name=accept_terms]").check()
    go_on(page)
    page.locator("form.pay button").click()
    page.locator("[name=choice][value=late]").click()
    page.wait_for_url("**/orders/*/")
    expect(page.locator(".order-paying")).to_be_visible()
    order = Order.objects.get()
    pay(order)
    live_shop.run_jobs()
    expect(page.locator(".order-completed")).to_be_visible()
    expect(page.locator("form.pay")).to_have_count(0)


def test_the_language_is_switched_where_one_stands(page, session):
    put_in_cart(page, 2)
    page.locator(".tools button[value=en]").click()
    page.wait_for_url("**/cart/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("link", name="First-aid session", exact=True)).to_be_visible()


@pytest.mark.parametrize("has_javascript", [True, False])
def test_nothing_typed_is_lost_in_another_language_or_after_a_sign_in_elsewhere(
    browse, live_shop, session, has_javascript
):
    page = browse(live_shop.base_url, viewport=NARROW, java_script_enabled=has_javascript)
    put_in_cart(page, 1)
    page.locator("[name^=quantity-]").fill("2")
    page.locator(".tools button[value=en]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("[name^=quantity-]")).to_have_value("2")
    page.locator("#continue").click()
    page.wait_for_url("**/checkout/units/")
    fill_unit(page, 0, "lea@example.org", "Léa", "Martin")
    page.locator(".tools button[value=fr]").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("[name$='-0-first_name']")).to_have_value("Léa")
    # Elsewhere somebody signs in: the token of this page is out of date.
    page.context.clear_cookies(name="csrftoken")
    fill_unit(page, 1, "karim@example.org", "Karim", "Benali")
    page.locator("[name$='-1-last_name']").press("Enter")
    expect(page.get_by_role("button", name="Envoyer à nouveau")).to_be_visible()
    if has_javascript:
        check_page(page)
    page.get_by_role("button", name="Envoyer à nouveau").click()
    page.wait_for_url("**/checkout/details/")
    # From organisation to private person and back, what was typed is kept.
    fill_details(page)
    page.locator("[name=kind][value=person]").check()
    expect(page.locator("[name=billing_name]")).to_be_hidden()
    page.locator(".tools button[value=en]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("[name=kind][value=person]")).to_be_checked()
    expect(page.locator("[name=city]")).to_have_value("Marseille")
    page.locator("[name=kind][value=organisation]").check()
    expect(page.locator("[name=billing_name]")).to_have_value("Ateliers Fontaine")
    page.locator("[name=city]").press("Enter")
    page.wait_for_url("**/checkout/review/")


def test_a_quantity_typed_after_a_sign_in_elsewhere_is_kept(page, session):
    put_in_cart(page, 1)
    page.context.clear_cookies(name="csrftoken")
    page.locator("[name^=quantity-]").fill("5")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Envoyer à nouveau").click()
    page.wait_for_url("**/cart/")
    expect(page.locator("[name^=quantity-]")).to_have_value("5")
    expect(page.locator(".totals .total dd")).to_have_text(re.compile(r"1\s560,00\s€"))


def test_a_review_that_is_out_of_date_says_what_changed(browse, live_shop, session):
    page = browse(live_shop.base_url, locale="en-GB", viewport=NARROW)
    put_in_cart(page, 1)
    page.locator("#continue").click()
    go_on(page)
    fill_details(page)
    go_on(page)
    page.wait_for_url("**/checkout/review/")
    other = page.context.new_page()
    other.goto("/checkout/details/")
    other.locator("[name=billing_name]").fill("Beta SAS")
    go_on(other)
    other.wait_for_url("**/checkout/review/")
    page.locator("[name=accept_terms]").check()
    go_on(page)
    expect(page.locator("#notice")).to_be_focused()
    expect(page.locator("#notice")).to_contain_text("The order would now go to Beta SAS.")
    expect(page.locator("[name=accept_terms]")).not_to_be_checked()
    check_page(page)
    page.locator("[name=accept_terms]").check()
    go_on(page)
    page.wait_for_url("**/orders/*/")
    assert Order.objects.get().billing_name == "Beta SAS"


def test_an_order_on_paper_is_without_menus_and_buttons(page, live_shop, session):
    terms = LegalText.objects.get(kind="terms")
    order = place(make_cart(session, quantity=1), consent=Consent(terms_id=terms.pk))
    page.goto(f"/orders/{order.token}/")
    page.emulate_media(media="print")
    for selector in (".masthead", "form.pay", ".cancel"):
        expect(page.locator(selector).first).to_be_hidden()
    expect(page.get_by_role("heading", name=order.number)).to_be_visible()
    expect(page.locator(".totals .total")).to_be_visible()
