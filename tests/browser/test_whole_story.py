"""The whole way, with a real worker: the merchant configures an entry, a customer buys it, the worker delivers."""

import re
import time

from playwright.sync_api import Page, expect

from shop.demo.people import PASSWORD

CODE = "STORY-SESSION"
PARTICIPANTS = (
    ("student", "story-ana@example.org", "Ana", "Story"),
    ("student", "story-bob@example.org", "Bob", "Story"),
    ("tutor", "story-tom@example.org", "Tom", "Story"),
)


def sign_in(page: Page, email: str, goal: str) -> None:
    page.goto(f"/auth/login/?next={goal}")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda url: "/auth/" not in url)


def open_tab_of(page: Page, selector: str) -> None:
    """Opens the tabs of a form one after the other until the field is seen."""
    tabs = page.get_by_role("tab")
    for index in range(tabs.count()):
        tabs.nth(index).click()
        page.evaluate("() => new Promise(requestAnimationFrame)")
        if page.locator(selector).is_visible():
            return


def configure_entry(page: Page) -> None:
    """The merchant makes an entry that sets up sessions in a course, with a price."""
    page.goto("/admin/catalog/entry/add/")
    page.locator("#id_code").fill(CODE)
    page.locator("#id_category").select_option(index=1)
    page.locator("#id_state").select_option("available")
    page.locator("#id_name_fr").fill("Session contée")
    open_tab_of(page, "#id_tax")
    page.locator("#id_tax").select_option(index=1)
    page.locator("#id_tiers-0-unit_net").fill("125.00")
    open_tab_of(page, "#id_handler")
    page.locator("#id_handler").select_option("std_setuponecoursesession")
    page.locator("#id_cfg_std_setuponecoursesession_coursename + .select2 .select2-selection").click()
    page.locator(".select2-dropdown .select2-search__field").fill("BUR-EX")
    page.locator(".select2-results__option", has_text="BUR-EXCEL").click()
    page.locator("#id_cfg_std_setuponecoursesession_freetutors").fill("1")
    page.locator("input[name=_continue], button[name=_continue]").first.click()
    page.wait_for_url(re.compile(r"/catalog/entry/\d+/change/"))


def buy(page: Page) -> None:
    """A visitor buys three units, fills three micro-forms, and pays by the imaginary card."""
    page.goto(f"/e/{CODE}/")
    page.locator("main input[name=quantity]").fill("3")
    page.locator("main form button[type=submit]").first.click()
    page.goto("/checkout/")
    for index, (role, email, first_name, last_name) in enumerate(PARTICIPANTS):
        page.locator("select[name$=role]").nth(index).select_option(role)
        page.locator("input[name$=email]").nth(index).fill(email)
        page.locator("input[name$=first_name]").nth(index).fill(first_name)
        page.locator("input[name$=last_name]").nth(index).fill(last_name)
    page.locator(".actions button[type=submit]").first.click()
    page.wait_for_url("**/checkout/details/")
    for name, value in {
        "email": "story-buyer@example.org",
        "contact_name": "Camille Story",
        "billing_name": "Story SARL",
        "street": "1 rue du Conte",
        "postal_code": "44000",
        "city": "Nantes",
    }.items():
        page.locator(f"[name={name}]").fill(value)
    page.locator(".actions button[type=submit]").first.click()
    page.wait_for_url("**/checkout/review/")
    expect(page.locator(".totals .total")).to_contain_text("300,00")
    page.locator("input[name=accept_terms]").check()
    page.locator(".actions button[type=submit]").first.click()
    page.wait_for_url("**/orders/*/")
    page.locator("input[name=method][value=sandbox]").check()
    page.locator("form.pay button[type=submit]").click()
    page.wait_for_url("**/payments/sandbox/pay/**")
    page.locator("[name=choice][value=succeed]").click()
    if "/payments/" in page.url:
        page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/orders/*/")


def test_merchant_configures_customer_buys_worker_delivers(browse, running_shop):
    merchant = browse(running_shop.base_url)
    sign_in(merchant, "merchant@demo.example", "/admin/")
    configure_entry(merchant)

    customer = browse(running_shop.base_url)
    buy(customer)
    expect(customer.locator(".order-completed")).to_be_visible(timeout=30_000)

    (order,) = running_shop.rows("SELECT * FROM shop_order WHERE contact_email = 'story-buyer@example.org'")
    assert (order["status"], str(order["gross"])) == ("completed", "300.00")
    seats = running_shop.rows(
        "SELECT s.state, u.email FROM enrolments_seat s JOIN enrolments_seatbatch b ON b.id = s.batch_id "
        "JOIN accounts_user u ON u.id = s.person_id WHERE b.order_id = %s ORDER BY u.email",
        order["id"],
    )
    assert seats == [{"state": "assigned", "email": email} for _role, email, _first, _last in PARTICIPANTS]
    groups = running_shop.rows("SELECT name FROM enrolments_coursegroup WHERE order_id = %s", order["id"])
    assert [group["name"] for group in groups] == [order["number"]]
    assert invited(running_shop) == sorted(email for _role, email, _first, _last in PARTICIPANTS)


def invited(shop) -> list[str]:
    """Whose invitation has gone out; the worker sends mails a moment after it delivers."""
    for _attempt in range(50):
        sent = shop.rows(
            "SELECT recipient FROM outbox_mail WHERE recipient LIKE 'story-%%' AND kind = 'invitation' "
            "AND state = 'sent' ORDER BY recipient"
        )
        if len(sent) == len(PARTICIPANTS):
            break
        time.sleep(0.2)
    return [mail["recipient"] for mail in sent]
