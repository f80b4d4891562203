"""The cart's page while its script is at work, and the table of units, in a real browser."""

import time

import pytest
from playwright.sync_api import Page, Route, expect

from handlers.testing import parameters
from shop.cart.models import CartLine, CartUnit
from tests.browser.looks import check_page
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}


@pytest.fixture
def session(live_shop):
    """Sell a session at 290.00 net, 260.00 from five on, in an open course."""
    CourseFactory(short_name="SST-1")
    return EntryFactory(
        code="SST",
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


def slow_down(page: Page, milliseconds: int) -> None:
    """Let every answer to the page's script come later by a time."""

    def later(route: Route) -> None:
        if route.request.headers.get("hx-request"):
            time.sleep(milliseconds / 1000)
        route.continue_()

    page.route("**/cart/", later)


def press(page: Page, selector: str, *, holding: int) -> None:
    """Press the button with a mouse and hold it for some milliseconds, as a hand does."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.wait_for_timeout(holding)
    page.mouse.up()


@pytest.mark.parametrize("latency", [0, 20, 50])
@pytest.mark.parametrize("holding", [0, 120, 600])
def test_no_click_is_lost_after_a_quantity_was_typed(page, session, latency, holding):
    put_in_cart(page, 1)
    slow_down(page, latency)
    page.locator("[name^=quantity-]").fill("5")
    press(page, "#continue", holding=holding)
    page.wait_for_url("**/checkout/units/")
    assert CartLine.objects.get().quantity == 5


def test_what_is_typed_into_another_field_meanwhile_stays(page, session):
    EntryFactory(code="OTHER", name_fr="Autre", tiers={1: "10.00"})
    page.goto("/e/OTHER/")
    page.locator(".buy-form button").click()
    page.wait_for_url("**/cart/")
    put_in_cart(page, 1)
    slow_down(page, 50)
    first, second = page.locator("[name^=quantity-]").all()
    first.fill("3")
    second.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("4")
    expect(page.locator("[id^=net-]").first).to_contain_text("30,00")
    expect(second).to_have_value("4")
    expect(second).to_be_focused()
    page.locator("h1").click()
    expect(page.locator("[id^=net-]").nth(1)).to_contain_text("160,00")
    # Tab leads to a button of the same line, which is not pressed by that.
    first.fill("2")
    page.keyboard.press("Tab")
    expect(page.locator("[id^=remove-]").first).to_be_focused()
    expect(page.locator("[id^=net-]").first).to_contain_text("20,00")
    assert [line.quantity for line in CartLine.objects.all()] == [2, 4]


@pytest.mark.parametrize(("locale", "viewport"), [("fr-FR", NARROW), ("en-GB", WIDE)])
def test_twelve_units_are_a_table_with_rows_pasted_and_every_page_is_sound(
    browse, live_shop, session, locale, viewport
):
    page = browse(live_shop.base_url, locale=locale, viewport=viewport)
    put_in_cart(page, 4)
    expect(page.locator(".line-nudge")).to_be_visible()
    check_page(page)
    page.locator("[name^=quantity-]").fill("12")
    page.locator("#continue").click()
    page.wait_for_url("**/checkout/units/")
    check_page(page)
    if viewport is WIDE:
        assert page.locator(".units-table").bounding_box()["height"] < 1_000
    page.locator(".paste > summary").click()
    check_page(page)
    rows = "\n".join(f"student\tp{number}@example.org\tPaul\tPetit {number}" for number in range(11))
    page.locator("#rows").fill(f"{rows}\nstudent\tp11@example.org\tEve\t")
    page.locator("[name=paste]").click()
    page.wait_for_url("**/checkout/units/?page=1#unit-1")
    expect(page.locator("[aria-invalid=true]")).to_have_count(1)
    check_page(page)
    assert CartUnit.objects.count() == 12


def test_rows_are_pasted_without_javascript(browse, live_shop, session):
    page = browse(live_shop.base_url, java_script_enabled=False)
    put_in_cart(page, 2)
    page.locator("#continue").click()
    page.wait_for_url("**/checkout/units/")
    page.locator(".paste > summary").click()
    page.locator("#rows").fill("Nom;Prénom;E-mail\nPetit;Paul;p@example.org\nRoy;Ada;a@example.org")
    page.locator("[name=paste]").click()
    expect(page.locator("[name$='-1-last_name']")).to_have_value("Roy")
    page.locator("main .actions button[type=submit]").first.click()
    page.wait_for_url("**/checkout/details/")
