"""Documents in a real browser: the accountant downloads the month, the merchant sees a sample and the order's story."""

from __future__ import annotations

import os
import zipfile

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from common.moments import local_day
from documents.issued.models import Document
from tests.browser.administration import check, signed_in
from tests.browser.looks import check_page
from tests.browser.test_desk import NARROW, WIDE, account, bob, course, sign_in
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.papers.given import SIRET, complete_seller

__all__ = ["account", "bob", "course", "sign_in"]

PLACES = [("fr-FR", NARROW, "light"), ("en-GB", WIDE, "dark")]


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("PICTURES_OF_DOCUMENTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize(("locale", "viewport", "color_scheme"), PLACES)
def test_the_accountant_downloads_the_month(browse, live_shop, sign_in, account, locale, viewport, color_scheme):
    complete_seller()
    owner = MembershipFactory(account=account, is_owner=True)
    for number in range(2):
        order = place(make_cart(EntryFactory()), user=owner.user, account=account, register_number=SIRET)
        pay(order, reference=f"pay-{number}", event_id=f"pay-{number}")
        deliver(order)
    accountant = MembershipFactory(account=account, is_owner=False, is_accountant=True).user
    options = {"viewport": viewport, "color_scheme": color_scheme, "reduced_motion": "reduce"}
    page = sign_in(browse(live_shop.base_url, locale=locale, **options), accountant)

    page.goto(f"/account/{account.pk}/documents/")
    check_page(page)
    page.locator("select[name=month]").select_option(local_day(timezone.now()).replace(day=1).isoformat())
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**month=*")
    check_page(page)
    picture(page, f"{locale}-documents")
    with page.expect_download() as waiting:
        page.locator("a[href*='/documents/zip/pdf/']").click()
    with zipfile.ZipFile(waiting.value.path()) as archive:
        numbers = Document.objects.values_list("number", flat=True)
        assert set(archive.namelist()) == {f"{number}.pdf" for number in numbers}
    page.goto(f"/orders/{order.token}/")
    check_page(page)

    merchant = signed_in(browse, live_shop.base_url, locale=locale, viewport=viewport)
    for name, path in (
        ("list", "documents/document/"),
        ("order", f"shop/order/{order.pk}/change/"),
        ("seller", "shop/shopidentity/1/change/"),
    ):
        merchant.goto(f"/admin/{path}")
        check(merchant)
        picture(merchant, f"{locale}-merchant-{name}")
