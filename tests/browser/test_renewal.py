"""Renewal in a real browser: who ends when, ticked into the cart, its forms filled in, and what an extension is for."""

import os
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.members.models import Membership
from common.moments import days_later, local_day
from enrolments.grounds.models import Ground
from enrolments.values import Terms
from shop.cart.models import Cart
from tests.browser.looks import check_page
from tests.browser.test_desk import NARROW, WIDE, account, bob, course, sign_in
from tests.enrolments.given import assign, given_pack
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, pay, place

__all__ = ["account", "bob", "course", "sign_in"]

LONG = "a.very.long.address.of.carol@example-organisation.org"


def keep(page: Page, name: str) -> None:
    """Check the page; save a picture of it where a folder for them is named."""
    check_page(page)
    if folder := os.environ.get("PICTURES_OF_RENEWAL"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize(
    ("locale", "viewport", "color_scheme", "with_scripts"),
    [("fr-FR", NARROW, "light", True), ("en-GB", WIDE, "dark", False), ("en-GB", NARROW, "dark", True)],
)
def test_those_who_end_next_are_ticked_and_their_extension_bought(
    browse, live_shop, sign_in, account, bob, course, locale, viewport, color_scheme, with_scripts
):
    Membership.objects.filter(account=account, user=bob).update(is_owner=True)
    EntryFactory(
        code="MORE", name_en="90 more days", name_fr="90 jours de plus", handler="std_extendenrolperiod",
        parameters={"extension": 90},
    )  # fmt: skip
    now = timezone.now()
    ending = Terms(ends_at=days_later(now, 9))
    for seat, email in zip(given_pack(account, seats=2, terms=ending), (LONG, "dan@example.org"), strict=True):
        assign(seat, course, email, bob, now=now)
    options = {"viewport": viewport, "color_scheme": color_scheme, "reduced_motion": "reduce"}
    page = sign_in(browse(live_shop.base_url, locale=locale, **options), bob)
    if not with_scripts:
        page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    name = f"{locale}-{viewport['width']}"
    page.goto(f"/account/{account.pk}/endings/?what=qualification")
    keep(page, f"{name}-0-nobody")
    page.goto(f"/account/{account.pk}/")
    page.locator(f"a[href='/account/{account.pk}/endings/']").first.click()
    expect(page.locator("main tbody tr")).to_have_count(2)
    keep(page, f"{name}-1-endings")
    for box in page.locator("main [name=target]").all():
        box.check()
    page.locator("main form[method=post] button[type=submit]").click()

    expect(page.locator(".messages .notice")).to_be_visible()
    keep(page, f"{name}-2-cart")
    page.goto("/checkout/units/")
    picked = [box.input_value() for box in page.locator("main select[name$=target]").all()]
    bought = Ground.objects.filter(kind="seat").values_list("pk", flat=True)
    assert sorted(picked) == sorted(f"ground-{pk}" for pk in bought)
    keep(page, f"{name}-3-units")
    page.locator("main select[name$=target]").first.select_option("")
    page.locator("main button.button[name=next]").click()
    expect(page.locator("main [aria-invalid=true]")).to_have_count(1)
    keep(page, f"{name}-4-refused")

    for box, key in zip(page.locator("main select[name$=target]").all(), picked, strict=True):
        box.select_option(key)
    page.locator("main button.button[name=next]").click()
    expect(page).to_have_url(re.compile("/checkout/details/"))
    cart = Cart.objects.get(user=bob, ordered_at=None)
    order = place(cart, user=bob, account=account, operator=bob)
    pay(order)
    deliver(order)
    page.goto(f"/account/{account.pk}/endings/")
    longer = f"{local_day(days_later(ending.ends_at, 90)):%d/%m/%Y}"
    expect(page.locator("main tbody tr")).to_have_count(2)
    expect(page.locator("main tbody tr").first).to_contain_text(longer)
    keep(page, f"{name}-5-longer")
