"""A visitor buys a course, loses the mail, signs up with the address, and claims the order by its button."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.links.effects import link_url
from accounts.links.models import AddressLink
from common.secrets import decrypt
from handlers.testing import parameters
from outbox.mails.models import Mail
from shop.orders.models import Order
from shop.seller.models import ShopIdentity
from tests.browser.looks import check_page
from tests.browser.test_storefront import DETAILS, NARROW, OF_ORGANISATIONS, WIDE, fill_details, go_on
from tests.factories.accounts import PASSWORD, MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, make_cart, pay, place

SCREENSHOTS = os.environ.get("SCREENSHOTS")
ADDRESS = DETAILS["email"]


def look_at(page: Page, name: str) -> None:
    """Check the page, and save a picture for a person to look at when SCREENSHOTS=<folder> is in the environment."""
    check_page(page)
    if SCREENSHOTS:
        size = page.viewport_size
        page.screenshot(path=f"{SCREENSHOTS}/{name}-{size['width'] if size else ''}.png", full_page=True)


@pytest.fixture
def course(live_shop):
    ShopIdentity.objects.update_or_create(pk=1, defaults={"name": "Amphi Formation", "iban": "FR76 3000 6000 0112"})
    CourseFactory(short_name="EXCEL", name_fr="Excel, perfectionnement", name_en="Advanced Excel")
    return EntryFactory(
        code="EXCEL",
        name_fr="Excel, perfectionnement",
        name_en="Advanced Excel",
        tiers={1: "290.00"},
        handler="std_enroloncourse",
        parameters=parameters("std_enroloncourse", coursename="EXCEL"),
    )


@pytest.mark.parametrize(("locale", "viewport"), [("fr-FR", NARROW), ("en-GB", WIDE)])
def test_a_visitor_whose_mail_is_lost_gets_in(browse, live_shop, course, locale, viewport):
    page = browse(live_shop.base_url, locale=locale, viewport=viewport)
    page.goto("/e/EXCEL/")
    page.locator(".buy-form button").click()
    page.wait_for_url("**/cart/")
    page.locator("#continue").click()
    page.wait_for_url("**/checkout/details/")
    page.locator("[name=kind][value=person]").check()
    fill_details(page, but=OF_ORGANISATIONS)
    go_on(page)
    page.wait_for_url("**/checkout/review/")
    for box in page.locator("main input[type=checkbox]").all():
        box.check()
    go_on(page)
    page.wait_for_url("**/orders/*/")
    order = Order.objects.get()
    look_at(page, f"finds-placed-{locale}")
    pay(order)
    deliver(order)
    Mail.objects.all().delete()
    page.reload()
    look_at(page, f"finds-delivered-{locale}")
    page.locator(f"form[action$='{order.token}/mail/'] button").click()
    expect(page.locator(".notice-good")).to_be_visible()
    assert Mail.objects.get().recipient == ADDRESS
    Mail.objects.all().delete()

    page.goto("/auth/signup/")
    page.locator("main [name=email]").fill(ADDRESS)
    for name in ("password1", "password2"):
        page.locator(f"main [name={name}]").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.locator("main [name=code]").fill(decrypt(Mail.objects.filter(has_secret=True).latest("pk").secret))
    page.locator("main form button[type=submit]").first.click()
    look_at(page, f"finds-signed-in-{locale}")
    page.goto("/account/")
    look_at(page, f"finds-overview-{locale}")
    page.goto(f"/orders/{order.token}/")
    look_at(page, f"finds-button-{locale}")
    page.locator(f"form[action$='{order.token}/claim/'] button").click()
    expect(page.locator(f"form[action$='{order.token}/claim/']")).to_have_count(0)
    look_at(page, f"finds-claimed-{locale}")
    page.goto("/account/orders/")
    expect(page.locator("main table")).to_contain_text(order.number)

    page.goto(f"/orders/{order.token}/")
    page.locator(".order-lines a.button").click()
    page.wait_for_url("**/learn/EXCEL/")
    expect(page.locator("main")).to_contain_text("Claire Fontaine")


@pytest.mark.parametrize(("locale", "viewport"), [("fr-FR", NARROW), ("en-GB", WIDE)])
def test_pages_of_dead_links_of_late_money_and_of_seats_are_sound(browse, live_shop, course, locale, viewport):
    page = browse(live_shop.base_url, locale=locale, viewport=viewport)
    order = place(make_cart(course), email=ADDRESS)
    link = AddressLink.objects.get()
    long_ago = timezone.now() - timedelta(days=90)
    AddressLink.objects.update(created_at=long_ago, expires_at=long_ago + timedelta(days=1))
    page.goto("/accounts/" + link_url(link).split("/accounts/")[1])
    look_at(page, f"finds-dead-link-{locale}")
    page.locator("main form button[type=submit]").click()
    expect(page.locator(".notice-good")).to_be_visible()
    look_at(page, f"finds-link-mailed-{locale}")
    assert Mail.objects.filter(kind="new_link", recipient=ADDRESS).count() == 1

    page.goto(f"/orders/{order.token}/")
    page.locator("[name=method][value=sandbox]").check()
    page.locator("form.pay button").click()
    page.wait_for_url("**/payments/sandbox/**")
    page.locator("[name=choice][value=late]").click()
    page.wait_for_url("**/orders/*/")
    page.locator("details.cancel summary").click()
    look_at(page, f"finds-paying-{locale}")
    page.locator("details.cancel button").click()
    expect(page.locator(".order-cancelled")).to_be_visible()
    look_at(page, f"finds-cancelled-{locale}")

    owner = MembershipFactory()
    pack = EntryFactory(handler="std_generateseats", parameters=parameters("std_generateseats", packsize=4))
    seats = place(make_cart(pack, user=owner.user), user=owner.user, account=owner.account)
    pay(seats)
    deliver(seats)
    page.goto(f"/auth/login/?next=/orders/{seats.token}/")
    page.locator("main [name=login]").fill(owner.user.email)
    page.locator("main [name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/orders/*/")
    look_at(page, f"finds-seats-{locale}")
    page.locator(".order-lines a.button").click()
    page.wait_for_url("**/seats/**")
