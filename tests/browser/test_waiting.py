"""Waiting lists in a real browser: a visitor on a telephone, the person with an offer, an operator at the desk."""

import os

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from enrolments.waiting.models import WaitingPlace
from enrolments.waiting.services import offer_free_places
from enrolments.waiting.tokens import path_of
from tests.browser.looks import check_page
from tests.browser.test_desk import NARROW, WIDE, account, bob, course, sign_in
from tests.browser.test_joining import without_scripts
from tests.enrolments.given import given_pack
from tests.enrolments.joining.given import mailed_code
from tests.enrolments.waiting.given import frees, full_course
from tests.factories.catalog import EntryFactory

__all__ = ["account", "bob", "course", "sign_in"]


def keep(page: Page, name: str) -> None:
    """Check the page; save a picture of it where a folder for them is named."""
    check_page(page)
    if folder := os.environ.get("PICTURES_OF_WAITING"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize(("locale", "color_scheme"), [("fr-FR", "light"), ("en-GB", "dark")])
def test_waiting_on_a_telephone(browse, live_shop, locale, color_scheme):
    full, [seat] = full_course(now=timezone.now())
    entry = EntryFactory(handler="std_enroloncourse", parameters={"coursename": full.short_name})
    options = {"viewport": NARROW, "color_scheme": color_scheme, "reduced_motion": "reduce"}
    page = without_scripts(browse(live_shop.base_url, locale=locale, **options))

    page.goto(f"/e/{entry.code}/")
    keep(page, f"{locale}-1-entry")
    page.locator("main a[href*='/waiting/course/']").click()
    page.locator("main [name=email]").fill("no address")
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main [name=email]")).to_have_value("no address")
    keep(page, f"{locale}-2-no-address")
    page.locator("main [name=email]").fill("ada@example.org")
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main [name=code]")).to_be_visible()
    keep(page, f"{locale}-3-code")
    assert not WaitingPlace.objects.exists()
    page.locator("main [name=code]").fill(mailed_code())
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main [name=leave]")).to_be_visible()
    keep(page, f"{locale}-4-waits")
    place = WaitingPlace.objects.get()
    frees(seat, now=timezone.now())
    offer_free_places(now=timezone.now())
    page.goto(path_of(place))
    keep(page, f"{locale}-5-offered")
    page.locator("main [name=leave]").click()
    keep(page, f"{locale}-6-declined")
    place.refresh_from_db()
    assert place.state == "declined"


@pytest.mark.parametrize(("locale", "viewport", "color_scheme"), [("fr-FR", NARROW, "light"), ("en-GB", WIDE, "dark")])
def test_an_operator_waits_and_is_offered_places(
    browse, live_shop, sign_in, account, bob, locale, viewport, color_scheme
):
    full, [seat] = full_course(now=timezone.now())
    given_pack(account, seats=2, now=timezone.now())
    options = {"viewport": viewport, "color_scheme": color_scheme, "reduced_motion": "reduce"}
    page = without_scripts(sign_in(browse(live_shop.base_url, locale=locale, **options), bob))

    page.goto(f"/account/{account.pk}/waiting/")
    page.locator("main [name=course]").select_option(str(full.pk))
    page.locator("main [name=places]").fill("3")
    page.locator("main section form button[type=submit]").click()
    expect(page.locator("main [name=places]")).to_have_value("3")
    keep(page, f"{locale}-desk-1-too-many")
    page.locator("main [name=places]").fill("2")
    page.locator("main section form button[type=submit]").click()
    expect(page.locator("main [name=leave]")).to_be_visible()
    keep(page, f"{locale}-desk-2-waits")
    frees(seat, now=timezone.now())
    offer_free_places(now=timezone.now())
    page.goto(f"/account/{account.pk}/waiting/")
    expect(page.locator("main [name=leave]")).to_have_count(2)
    keep(page, f"{locale}-desk-3-offered")
