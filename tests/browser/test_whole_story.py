"""The whole story in both languages, with a real worker: an entry is configured, bought, delivered, assigned and used.

Merchant, customer, operator and learner have a browser each. Effects of other processes are waited for.
"""

import re
import time
from dataclasses import dataclass

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.patience import PATIENCE_SECONDS
from workbench.demo.people import PASSWORD

NEXT_YEAR = timezone.localdate().year + 1


@dataclass(frozen=True)
class Tale:
    """Words of the story that differ between languages; regular expressions stand for texts of pages."""

    language: str
    locale: str
    name: str
    badge: str
    tax: str
    money: str
    placed: str
    last_day: str
    until: str
    consumed: str

    @property
    def code(self) -> str:
        """Code of the course and of the entry; both stories run in one shop."""
        return f"STORY-{self.language.upper()}"

    def address(self, name: str) -> str:
        return f"{name}-{self.language}@story.example"


FRENCH = Tale(
    language="fr",
    locale="fr-FR",
    name="Conter les sièges",
    badge="Nom sur le badge",
    tax="TVA 20 %",
    money=r"^300,00\s€$",
    placed=r"^Passée le \d+(er)? \S+ \d{4} à \d\d:\d\d$",
    last_day=f"14 juillet {NEXT_YEAR}",
    until=f"14/07/{NEXT_YEAR}",
    consumed="Consommé",
)
ENGLISH = Tale(
    language="en",
    locale="en-GB",
    name="Telling seats",
    badge="Name on the badge",
    tax="VAT 20%",
    money=r"^€300\.00$",
    placed=r"^Placed on \d+ [A-Z]\w+ \d{4}, \d\d:\d\d$",
    last_day=f"14 July {NEXT_YEAR}",
    until=f"14/07/{NEXT_YEAR}",
    consumed="Consumed",
)


def sign_in(page: Page, email: str, tale: Tale) -> None:
    """Sign in as one of the demo people, whose language is French, and change to the tale's language."""
    page.goto("/auth/login/?next=/learn/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    press(page)
    page.wait_for_url("**/learn/")
    if page.locator("html").get_attribute("lang") != tale.language:
        page.locator(f".tools button[value={tale.language}]").click()
    expect(page.locator("html")).to_have_attribute("lang", tale.language)


def press(page: Page) -> None:
    page.locator("main form button[type=submit]").first.click()


def go_on(page: Page) -> None:
    page.locator("main .actions button[type=submit]").first.click()


def open_tab_of(page: Page, selector: str) -> None:
    """Open the tabs of a form in the administration in turn until the field is visible."""
    tabs = page.get_by_role("tab")
    for index in range(tabs.count()):
        tabs.nth(index).click()
        page.evaluate("() => new Promise(requestAnimationFrame)")
        if page.locator(selector).is_visible():
            return


def name_it(page: Page, tale: Tale) -> None:
    """Fill in the name in both languages; readers of one tale never see the other name."""
    for language in ("fr", "en"):
        open_tab_of(page, f"#id_name_{language}")
        page.locator(f"#id_name_{language}").fill(tale.name if language == tale.language else f"not {tale.language}")


def save(page: Page) -> None:
    page.locator("button[name=_continue]").first.click()
    page.wait_for_url(re.compile(r"/\d+/change/"))


def make_course(page: Page, tale: Tale, link: str) -> None:
    page.goto("/admin/enrolments/course/add/")
    page.locator("#id_short_name").fill(tale.code)
    page.locator("#id_link").fill(link)
    page.locator("#id_last_day").fill(f"{NEXT_YEAR}-07-14")
    page.keyboard.press("Escape")
    name_it(page, tale)
    save(page)


def make_entry(page: Page, tale: Tale) -> None:
    """Make an entry of sessions at 125.00 net, one tutor per line free, with one field beside the handler's."""
    page.goto("/admin/catalog/entry/add/")
    page.locator("#id_code").fill(tale.code)
    page.locator("#id_category").select_option(index=1)
    page.locator("#id_state").select_option("available")
    name_it(page, tale)
    open_tab_of(page, "#id_tax")
    page.locator("#id_tax").select_option(label=tale.tax)
    page.locator("#id_tiers-0-unit_net").fill("125.00")
    open_tab_of(page, "#id_handler")
    page.locator("#id_handler").select_option("std_setuponecoursesession")
    page.locator("#id_cfg_std_setuponecoursesession_coursename + .select2 .select2-selection").click()
    page.locator(".select2-dropdown .select2-search__field").fill(tale.code)
    page.locator(".select2-results__option", has_text=f"{tale.code} – {tale.name}").click()
    page.locator("#id_cfg_std_setuponecoursesession_freetutors").fill("1")
    page.locator("#tabs-items a[href='#fields']").click()
    page.locator("#fields-group .add-row").click()
    page.locator("#id_fields-0-kind").select_option("text")
    page.locator("#id_fields-0-name").fill("badge")
    page.locator("#id_fields-0-label_fr").fill("Nom sur le badge")
    page.locator("#id_fields-0-label_en").fill("Name on the badge")
    save(page)


def buy(page: Page, tale: Tale) -> None:
    """Buy three units: a learner, a tutor and a blank one; the operator is a colleague, the bank is imaginary."""
    page.goto(f"/e/{tale.code}/")
    page.locator("main input[name=quantity]").fill("3")
    press(page)
    page.wait_for_url("**/cart/")
    page.locator("#continue").click()
    page.wait_for_url("**/checkout/units/")
    for index, (role, name) in enumerate((("student", "ana"), ("tutor", "tom"))):
        page.locator("select[name$=role]").nth(index).select_option(role)
        page.locator("input[name$=email]").nth(index).fill(tale.address(name))
        page.locator("input[name$=first_name]").nth(index).fill(name.title())
        page.locator("input[name$=last_name]").nth(index).fill("Story")
        page.get_by_label(tale.badge).nth(index).fill(f"Badge of {name}")
    go_on(page)
    page.wait_for_url("**/checkout/details/**")
    operator = page.locator("[name=operator]")
    operator.select_option(operator.locator("option", has_text="nadia@lacombe.example").get_attribute("value"))
    go_on(page)
    page.wait_for_url("**/checkout/review/")
    expect(page.locator("main .totals .total dd").first).to_have_text(re.compile(tale.money))
    page.locator("input[name=accept_terms]").check()
    go_on(page)
    page.wait_for_url("**/orders/*/")
    page.locator("input[name=method][value=sandbox]").check()
    page.locator("form.pay button[type=submit]").click()
    page.wait_for_url("**/payments/sandbox/pay/**")
    page.locator("[name=choice][value=succeed]").click()
    page.wait_for_url("**/orders/*/")


def fill_the_free_seat(page: Page, tale: Tale, number: str) -> None:
    page.goto("/account/sessions/")
    page.locator("main tr", has_text=number).get_by_role("link").click()
    page.wait_for_url(re.compile(r"/account/\d+/sessions/\d+/"))
    page.locator("main tr:has(.badge-info) a[href*='/seats/']").click()
    page.wait_for_url(re.compile(r"/account/\d+/seats/\d+/"))
    for name, value in (("email", tale.address("lea")), ("first_name", "Lea"), ("last_name", "Story")):
        page.locator(f"main [name={name}]").fill(value)
    press(page)
    expect(page.locator("main [role=status]")).to_contain_text(tale.address("lea"))


def follow_the_invitation(page: Page, tale: Tale) -> None:
    """Follow the link of the invitation, which holds no password, and choose a password."""
    page.goto("/dev/mail/")
    mail = page.locator("main tr", has_text=tale.address("lea")).get_by_role("link")
    reload_until_seen(page, mail)
    mail.first.click()
    page.locator("main .preserve-lines a[href*='/accounts/link/']").first.click()
    page.wait_for_url("**/accounts/link/**")
    expect(page.locator("html")).to_have_attribute("lang", tale.language)
    press(page)
    page.wait_for_url("**/accounts/welcome/")
    page.locator("main a[href*='/password/set/']").click()
    page.wait_for_url("**/password/set/**")
    page.locator("input[name=password1]").fill("quatre-vents-de-mars")
    page.locator("input[name=password2]").fill("quatre-vents-de-mars")
    press(page)
    page.wait_for_url("**/learn/**")


def reload_until_seen(page: Page, wanted: Locator) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while wanted.count() == 0:
        assert time.monotonic() < deadline, f"not seen on {page.url} within {PATIENCE_SECONDS:.0f} s: {wanted}"
        page.wait_for_timeout(300)
        page.reload()


@pytest.mark.parametrize("tale", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_merchant_configures_customer_buys_worker_delivers_operator_assigns_learner_enters(browse, running_shop, tale):
    # Another origin, as a learning platform's is: the same machine by its name.
    link = running_shop.base_url.replace("127.0.0.1", "localhost") + f"/static/img/amphi.svg?story={tale.language}"
    merchant, customer, operator, learner = (
        browse(running_shop.base_url, locale=tale.locale) for _person in ("merchant", "customer", "operator", "learner")
    )
    sign_in(merchant, "merchant@demo.example", tale)
    make_course(merchant, tale, link)
    make_entry(merchant, tale)

    sign_in(customer, "paul@lacombe.example", tale)
    buy(customer, tale)
    # The page is not reloaded: its script shows that the order is delivered.
    expect(customer.locator(".order-completed")).to_be_visible()
    expect(customer.locator(".page-head p").first).to_have_text(re.compile(tale.placed))
    expect(customer.locator(".totals .total dd")).to_have_text(re.compile(tale.money))
    customer.locator(".order-lines details summary").click()
    expect(customer.locator(".unit-list li").first).to_contain_text("Badge of ana")

    [order] = running_shop.rows(
        "SELECT o.* FROM shop_order o JOIN shop_orderline l ON l.order_id = o.id WHERE l.entry_code = %s", tale.code
    )
    sign_in(operator, "nadia@lacombe.example", tale)
    fill_the_free_seat(operator, tale, order["number"])

    follow_the_invitation(learner, tale)
    learner.get_by_role("link", name=tale.name).click()
    learner.wait_for_url(f"**/learn/{tale.code}/")
    expect(learner.locator(".my-course .facts")).to_contain_text(tale.last_day)
    expect(learner.locator(".my-course .facts")).to_contain_text("Tom Story")
    learner.locator(".my-course button").click()
    learner.wait_for_url(link)

    operator.reload()
    expect(operator.locator("main .facts .badge")).to_have_text(tale.consumed)
    operator.goto(f"/account/seats/?state=consumed&q={order['number']}")
    expect(operator.locator("main tr", has_text=order["number"])).to_contain_text(tale.until)

    assert (order["status"], str(order["gross"])) == ("completed", "300.00")
    seats = running_shop.rows(
        "SELECT s.state, u.email, g.name FROM enrolments_seat s JOIN enrolments_seatbatch b ON b.id = s.batch_id "
        "JOIN enrolments_coursegroup g ON g.id = b.group_id "
        "JOIN accounts_user u ON u.id = s.person_id WHERE b.order_id = %s ORDER BY u.email",
        order["id"],
    )
    assert seats == [
        {"state": state, "email": tale.address(name), "name": order["number"]}
        for name, state in (("ana", "assigned"), ("lea", "consumed"), ("tom", "assigned"))
    ]
