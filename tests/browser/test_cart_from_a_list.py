"""A cart that begins with a list of people, in a real browser: pasted, looked at, mended, and its forms filled in."""

import os

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.members.models import Membership
from enrolments.lists.models import PeopleList
from shop.cart.models import CartLine, CartUnit
from tests.browser.looks import check_page
from tests.browser.test_desk import NARROW, WIDE, account, bob, course, sign_in
from tests.enrolments.given import ENTRY, assign, given_pack
from tests.factories.catalog import EntryFactory

__all__ = ["account", "bob", "course", "sign_in"]

LONG = "a.very.long.address.of.carol@example-organisation.org"
PEOPLE = (
    "E-mail\tPrénom\tNom\n"
    f"{LONG}\tCarol\tPetit\n"
    "dan@example.org\tDan\tRoy\n"
    "eve@example.org\tÈve\tVieux\n"
    "no address\tFred\tNoir\n"
)


def keep(page: Page, name: str) -> None:
    """Check the page; save a picture of it where a folder for them is named."""
    check_page(page)
    if folder := os.environ.get("PICTURES_OF_LISTS"):
        page.screenshot(path=f"{folder}/cart-{name}.png", full_page=True)


@pytest.mark.parametrize(
    ("locale", "viewport", "color_scheme", "with_scripts"),
    [("fr-FR", NARROW, "light", True), ("en-GB", WIDE, "dark", False), ("en-GB", NARROW, "dark", True)],
)
def test_a_list_is_pasted_mended_and_put_into_the_cart(
    browse, live_shop, sign_in, account, bob, course, locale, viewport, color_scheme, with_scripts
):
    Membership.objects.filter(account=account, user=bob).update(is_owner=True)
    pack = EntryFactory(code=ENTRY.code, name_en="Ten courses", name_fr="Dix cours", handler="std_generateseats",
                        parameters={"courselist": "SST-*"})  # fmt: skip
    session = EntryFactory(
        code="SESSION", name_en="A session", name_fr="Une session", handler="std_setuponecoursesession",
        parameters={"coursename": course.short_name},
    )  # fmt: skip
    now = timezone.now()
    taken, _free = given_pack(account, seats=2, course_list="SST-*", now=now)
    assign(taken, course, LONG, bob, now=now)
    options = {"viewport": viewport, "color_scheme": color_scheme, "reduced_motion": "reduce"}
    page = sign_in(browse(live_shop.base_url, locale=locale, **options), bob)
    if not with_scripts:
        page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    name = f"{locale}-{viewport['width']}"
    address = f"/account/{account.pk}/from-list/"

    page.goto(f"/account/{account.pk}/lists/")
    page.locator(f"main a[href='{address}']").click()
    keep(page, f"{name}-1-new")
    page.locator("main [name=entry]").select_option(pack.code)
    page.locator("main [name=course]").select_option(str(course.pk))
    page.locator("main [name=people]").fill("nobody")
    page.locator("main .panel button[name=look]").click()
    expect(page.locator("#form-errors")).to_be_focused()
    expect(page.locator("main [name=people]")).to_have_value("nobody")
    page.locator("main [name=people]").fill(PEOPLE)
    page.locator("main .panel button[name=look]").click()
    expect(page.locator("main tbody tr")).to_have_count(4)
    keep(page, f"{name}-2-verdict")
    page.locator("main [name=people]").fill(PEOPLE.replace("no address", "fred@example.org"))
    page.locator("main button[name=put]").click()
    expect(page.locator("#form-errors")).to_be_focused()
    keep(page, f"{name}-3-changed")
    page.locator("main button[name=put]").click()
    expect(page.locator(".messages .notice").first).to_be_visible()
    keep(page, f"{name}-4-cart")
    assert CartLine.objects.get().quantity == 2
    kept = PeopleList.objects.get()
    page.goto(f"/account/{account.pk}/lists/{kept.pk}/")
    expect(page.locator(f"main a[href='{address}?list={kept.pk}']")).to_be_visible()
    keep(page, f"{name}-5-desk")

    page.goto(f"/e/{session.code}/")
    page.locator(f"main a[href='{address}?entry={session.code}']").click()
    page.locator("main [name=people]").fill(PEOPLE.replace("no address", "fred@example.org"))
    page.locator("main .panel button[name=look]").click()
    page.locator("main button[name=put]").click()
    page.goto("/checkout/units/")
    keep(page, f"{name}-6-forms")
    filled = CartUnit.objects.order_by("index").values_list("answers__email", flat=True)
    assert list(filled) == ["dan@example.org", "eve@example.org", "fred@example.org"]
