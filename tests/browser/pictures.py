"""Pictures of README.md and docs/tour.md, of a fresh demo shop: `make screenshots`. No test: never collected."""

import io

from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.test_whole_story import ENGLISH, FRENCH, go_on, press, sign_in
from tests.servers import PROJECT

FOLDER = PROJECT / "docs" / "images"
WIDE, TELEPHONE = {"width": 1200, "height": 860}, {"width": 390, "height": 760}
KILOBYTES_AT_MOST = 150


def keep(page: Page, name: str) -> None:
    """Save the visible part of the page as a picture."""
    page.wait_for_load_state("networkidle")
    file = FOLDER / f"{name}.webp"
    Image.open(io.BytesIO(page.screenshot(animations="disabled"))).save(file, quality=82, method=6)
    assert file.stat().st_size < KILOBYTES_AT_MOST * 1000, file


def test_pictures(browse, running_shop):
    FOLDER.mkdir(exist_ok=True)

    customer = browse(running_shop.base_url, locale="fr-FR", viewport=WIDE)
    sign_in(customer, "paul@lacombe.example", FRENCH)
    customer.goto("/")
    keep(customer, "storefront")
    customer.goto("/e/SST-SESSION/")
    customer.locator("main input[name=quantity]").fill("3")
    press(customer)
    customer.wait_for_url("**/cart/")
    customer.locator("#continue").click()
    customer.wait_for_url("**/checkout/units/")
    for index, (name, role) in enumerate((("Inès Blanc", "student"), ("Rémi Faure", "student"), ("Jade Roy", "tutor"))):
        first_name, last_name = name.split()
        customer.locator("select[name$=role]").nth(index).select_option(role)
        customer.locator("input[name$=email]").nth(index).fill(f"{last_name.lower()}@lacombe.example")
        customer.locator("input[name$=first_name]").nth(index).fill(first_name)
        customer.locator("input[name$=last_name]").nth(index).fill(last_name)
    customer.evaluate("scrollTo(0, 0)")
    keep(customer, "micro-forms")
    go_on(customer)
    customer.wait_for_url("**/checkout/details/**")
    operator = customer.locator("[name=operator]")
    operator.select_option(operator.locator("option", has_text="nadia@lacombe.example").get_attribute("value"))
    go_on(customer)
    customer.wait_for_url("**/checkout/review/")
    customer.locator("input[name=accept_terms]").check()
    go_on(customer)
    customer.wait_for_url("**/orders/*/")
    customer.locator("input[name=method][value=sandbox]").check()
    customer.locator("form.pay button[type=submit]").click()
    customer.locator("[name=choice][value=succeed]").click()
    customer.wait_for_url("**/orders/*/")
    expect(customer.locator(".order-completed")).to_be_visible()
    keep(customer, "order")

    desk = browse(running_shop.base_url, locale="fr-FR", viewport=WIDE)
    sign_in(desk, "nadia@lacombe.example", FRENCH)
    desk.goto("/account/sessions/")
    desk.locator("main tbody a").nth(1).click()
    expect(desk.locator("main .badge").first).to_be_visible()
    keep(desk, "session")
    desk = browse(running_shop.base_url, locale="en-GB", viewport=WIDE)
    sign_in(desk, "nadia@lacombe.example", ENGLISH)
    desk.goto("/account/seats/?state=available")
    desk.locator("main tr:has(.badge-info)").last.get_by_role("link").click()
    desk.locator("main [name=email]").fill("tom.girard@lacombe.example")
    keep(desk, "assign")

    learner = browse(running_shop.base_url, locale="fr-FR", viewport=TELEPHONE, color_scheme="dark")
    sign_in(learner, "lea.martin@lacombe.example", FRENCH)
    learner.goto("/learn/SEC-SST/")
    keep(learner, "course")

    merchant = browse(running_shop.base_url, locale="en-GB", viewport={"width": 1360, "height": 860})
    sign_in(merchant, "merchant@demo.example", ENGLISH)
    merchant.goto("/admin/")
    expect(merchant.locator("canvas").first).to_be_visible()
    keep(merchant, "dashboard")
    merchant.goto("/admin/catalog/entry/?q=SST-SESSION")
    merchant.locator("#result_list tbody th a").first.click()
    merchant.get_by_role("tab", name="After the sale").click()
    expect(merchant.locator("#id_handler")).to_be_visible()
    merchant.locator("#id_handler").evaluate("field => field.scrollIntoView()")
    keep(merchant, "entry")
