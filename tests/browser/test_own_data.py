"""One's own data in a real browser: read, downloaded, erasure asked for, looked over by the merchant, carried out."""

import os

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.privacy.models import ErasureRequest
from accounts.privacy.requests import ask_for_erasure
from tests.browser.administration import check, signed_in
from tests.browser.looks import check_page
from tests.browser.test_desk import NARROW, WIDE, account, bob, course, sign_in
from tests.enrolments.given import assign, given_pack
from tests.factories.accounts import PASSWORD, UserFactory

__all__ = ["account", "bob", "course", "sign_in"]

PLACES = [("fr-FR", NARROW, "light"), ("en-GB", WIDE, "dark")]
LONG = "a-very-long-name-that-has-no-blank-in-it-whatsoever"


def keep(page: Page, name: str) -> None:
    """Check the page; save a picture of it where a folder for them is named."""
    check_page(page)
    picture(page, name)


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("PICTURES_OF_OWN_DATA"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize(("locale", "viewport", "color_scheme"), PLACES)
def test_a_person_reads_and_takes_their_data_and_asks_to_be_erased(
    browse, live_shop, sign_in, account, bob, course, locale, viewport, color_scheme
):
    carol = UserFactory(first_name="Carol", last_name=LONG)
    [seat] = given_pack(account, now=timezone.now())
    assign(seat, course, carol.email, bob, now=timezone.now())
    options = {"viewport": viewport, "color_scheme": color_scheme, "reduced_motion": "reduce"}
    page = sign_in(browse(live_shop.base_url, locale=locale, **options), carol)
    page.goto("/account/data/")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/account/data/")
    keep(page, f"{locale}-1-data")
    with page.expect_download() as waiting:
        page.locator("main form[action$='/download/'] button").click()
    assert carol.email in waiting.value.path().read_text()
    page.locator("main a[href='/account/data/erasure/']").click()
    page.locator("main form .actions button").click()
    expect(page.locator("#form-errors")).to_be_focused()
    keep(page, f"{locale}-2-refused")
    page.locator("main [name=email]").fill(carol.email)
    page.locator("main form .actions button").click()
    page.wait_for_url("**/account/data/")
    keep(page, f"{locale}-3-asked")
    assert ErasureRequest.objects.get().person == carol


def test_the_merchant_looks_a_request_over_and_erases(browse, live_shop):
    carol = UserFactory(first_name="Carol", last_name=LONG)
    asked = ask_for_erasure(person=carol, asked_by=carol, now=timezone.now())
    page = signed_in(browse, live_shop.base_url, locale="fr-FR")
    for name, path in (("list", ""), ("request", f"{asked.pk}/change/"), ("refuse", f"{asked.pk}/refuse/")):
        page.goto(f"/admin/accounts/erasurerequest/{path}")
        check(page)
        picture(page, f"merchant-{name}")
    page.goto(f"/admin/accounts/user/{carol.pk}/change/")
    check(page)
    picture(page, "merchant-person")
    page.goto(f"/admin/accounts/erasurerequest/{asked.pk}/erase/")
    page.locator("[name=email]").fill(carol.email)
    check(page)
    picture(page, "merchant-erase")
    page.locator("#content form button[type=submit]").last.click()
    page.wait_for_url(f"**/erasurerequest/{asked.pk}/change/")
    live_shop.run_jobs()
    carol.refresh_from_db()
    assert carol.is_erased
