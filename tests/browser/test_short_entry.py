"""The clicks and typed values that a first entry costs."""

from playwright.sync_api import Page

from catalog.models.entries import Entry
from tests.browser.administration import check, signed_in
from tests.factories.enrolments import CourseFactory

CLICKS_AT_MOST = 25
TYPED_AT_MOST = 8


class Counting:
    """A merchant's hand, which counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks, self.typed = page, 0, 0

    def click(self, selector: str) -> None:
        self.page.locator(selector).first.click()
        self.clicks += 1

    def type(self, selector: str, text: str) -> None:
        self.click(selector)
        self.page.keyboard.type(text)
        self.typed += 1

    def choose(self, selector: str, value: str) -> None:
        self.page.locator(selector).select_option(value)
        self.clicks += 2  # opening the list, and the choice


def test_a_first_entry_costs_few_clicks_and_values(browse, live_shop):
    CourseFactory(short_name="SEC-1", name_fr="Sécurité", name_en="Safety")
    page = signed_in(browse, live_shop.base_url, locale="fr-FR", viewport={"width": 1280, "height": 900})
    page.goto("/admin/")
    hand = Counting(page)
    hand.click("a[href='/admin/catalog/entry/']")
    hand.click("a[href='/admin/catalog/entry/new/']")
    check(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    hand.type("#id_name", "Sécurité incendie")
    hand.type("#id_unit_net", "80,50")
    hand.type("#id_new_category", "Sécurité")
    hand.choose("#id_handler", "std_enroloncourse")
    hand.click("button[name=sell]")
    hand.click("#id_parameter_coursename + .select2")
    page.keyboard.type("SEC-1")
    hand.typed += 1
    page.get_by_role("option", name="SEC-1 – Sécurité").click()
    hand.clicks += 1
    hand.click("button[name=sell]")
    page.wait_for_url("**/change/")

    entry = Entry.objects.get()
    assert (entry.state, entry.parameters["coursename"], entry.tax.rate) == ("available", "SEC-1", 20)
    assert str(entry.tiers.get().unit_net) == "80.50"
    assert hand.clicks <= CLICKS_AT_MOST
    assert hand.typed <= TYPED_AT_MOST
