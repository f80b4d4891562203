"""Joining in a real browser: an operator makes a link and prints codes, people take seats on their telephones."""

import os

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from enrolments.joining.models import JoinLink
from enrolments.seats.models import Seat
from tests.browser.looks import check_page
from tests.browser.test_desk import NARROW, WIDE, account, bob, course, sign_in
from tests.enrolments.given import given_pack
from tests.enrolments.joining.given import code, given_link, mailed_code, token

__all__ = ["account", "bob", "course", "sign_in"]


def keep(page: Page, name: str) -> None:
    """Check the page; save a picture of it where a folder for them is named."""
    check_page(page)
    if folder := os.environ.get("PICTURES_OF_JOINING"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def without_scripts(page: Page) -> Page:
    """Take all scripts away; axe, which is one itself, goes on working."""
    page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    return page


@pytest.mark.parametrize(("locale", "color_scheme"), [("fr-FR", "light"), ("en-GB", "dark")])
def test_joining_on_a_telephone(browse, live_shop, account, bob, course, locale, color_scheme):
    pack = given_pack(account, seats=3, course_list="SST-*", now=timezone.now())[0].batch
    link = given_link(pack, bob, places=1, has_codes=True, domains=("example.org",), now=timezone.now())
    options = {"viewport": NARROW, "color_scheme": color_scheme, "reduced_motion": "reduce"}
    page = without_scripts(browse(live_shop.base_url, locale=locale, **options))

    page.goto("/join/")
    keep(page, f"{locale}-1-start")
    page.locator("main [name=code]").fill("too short")
    page.locator("main form button[type=submit]").click()
    keep(page, f"{locale}-2-no-code")
    page.locator("main [name=code]").fill(code(link).lower().replace("-", " "))
    page.locator("main form button[type=submit]").click()
    keep(page, f"{locale}-3-offer")
    page.locator("main [name=course]").select_option(str(course.pk))
    page.locator("main [name=first_name]").fill("Ada")
    page.locator("main [name=last_name]").fill("Byron")
    page.locator("main [name=email]").fill("ada@example.com")
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main [name=last_name]")).to_have_value("Byron")
    keep(page, f"{locale}-4-other-domain")
    page.locator("main [name=email]").fill("ada@example.org")
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main [name=code]")).to_be_visible()
    keep(page, f"{locale}-5-code")
    assert not Seat.objects.filter(state="assigned").exists()
    page.locator("main [name=code]").fill(mailed_code())
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main a[href='/learn/']")).to_be_visible()
    keep(page, f"{locale}-6-done")
    assert Seat.objects.get(state="assigned").person.email == "ada@example.org"

    page.goto(f"/join/{code(link)}/")
    keep(page, f"{locale}-7-used")


@pytest.mark.parametrize(("locale", "viewport", "color_scheme"), [("fr-FR", NARROW, "light"), ("en-GB", WIDE, "dark")])
def test_an_operator_makes_a_link_and_prints_codes(
    browse, live_shop, sign_in, account, bob, course, locale, viewport, color_scheme
):
    given_pack(account, seats=9, course_list="SST-*", now=timezone.now())
    options = {"viewport": viewport, "color_scheme": color_scheme, "reduced_motion": "reduce"}
    page = without_scripts(sign_in(browse(live_shop.base_url, locale=locale, **options), bob))
    page.goto(f"/account/{account.pk}/seats/")
    page.locator(f"main a[href='/account/{account.pk}/join-links/']").click()
    keep(page, f"{locale}-desk-1-none")
    page.locator(f"main a[href='/account/{account.pk}/join-links/new/']").click()
    page.locator("main [name=places]").fill("99")
    page.locator("main [name=course]").select_option(str(course.pk))
    page.locator("main form button[type=submit]").click()
    keep(page, f"{locale}-desk-2-too-many")
    page.locator("main [name=places]").fill("4")
    page.locator("main form button[type=submit]").click()
    link = JoinLink.objects.get()
    expect(page.locator("#join-address")).to_have_value(f"{settings.SITE_URL}/join/{token(link)}/")
    expect(page.locator("svg.qr")).to_be_visible()
    keep(page, f"{locale}-desk-3-link")

    codes = given_link(link.batch, bob, course=course, places=5, has_codes=True, now=timezone.now())
    page.goto(f"/account/{account.pk}/join-links/{codes.pk}/codes/")
    expect(page.locator(".slip")).to_have_count(5)
    keep(page, f"{locale}-desk-4-codes")
    page.emulate_media(media="print")
    expect(page.locator("nav.area-nav").first).to_be_hidden()
    keep(page, f"{locale}-desk-5-print")
    page.emulate_media(media="screen")
    page.goto(f"/account/{account.pk}/join-links/{codes.pk}/")
    page.locator("main [name=number]").fill("6")
    page.locator("section[aria-labelledby=withdraw-code] button").click()
    keep(page, f"{locale}-desk-5-no-such-code")
    page.locator("main [name=number]").fill("2")
    page.locator("section[aria-labelledby=withdraw-code] button").click()
    expect(page.locator(".messages .notice")).to_be_visible()
    keep(page, f"{locale}-desk-5-withdrawn")
    page.goto(f"/account/{account.pk}/join-links/{link.pk}/")
    page.locator("main button.button-danger").click()
    expect(page.locator(".messages .notice")).to_be_visible()
    page.goto(f"/account/{account.pk}/join-links/")
    keep(page, f"{locale}-desk-6-links")
