"""Part of an order given back and refunded, in a browser: by the merchant to its end, and by the account itself."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from outbox.jobs.running import run_due_jobs
from shop.orders.giving_back.models import GivingBack
from shop.payments.refunds.models import Refund
from shop.seller.models import ShopIdentity
from tests.browser.administration import check, signed_in
from tests.browser.looks import check_page
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.admin_pages import line_url, order_url

VIEWPORT = {"width": 320, "height": 800}


@pytest.mark.parametrize(("locale", "wait"), [("fr-FR", "attendent un fichier"), ("en-GB", "wait for a transfer file")])
def test_a_part_is_given_back_and_goes_by_transfer(browse, live_shop, locale, wait):
    ShopIdentity.objects.update(name="Académie", iban="FR1420041010050500013M02606")
    order = place(make_cart(EntryFactory(), quantity=3))
    pay(order)
    page = signed_in(browse, live_shop.base_url, locale=locale, viewport=VIEWPORT)
    page.goto(line_url(order.lines.get(), "give_back"))
    check(page)
    page.set_viewport_size(VIEWPORT)
    page.locator("#content [name=units]").fill("2")
    page.locator("#content [name=reason]").fill("Un participant est malade")
    page.locator("#content [name=amount]").fill("100,00")
    page.locator("#content form button[type=submit]").click()
    check(page)
    page.set_viewport_size(VIEWPORT)
    page.locator("#content form button[type=submit]").click()
    page.wait_for_url("**/change/")
    assert GivingBack.objects.get().amount == 100
    page.goto(order_url(order, "send_back"))
    check(page)
    page.set_viewport_size(VIEWPORT)
    page.locator("#content [name=how][value=transfer]").check()
    page.locator("#content [name=holder]").fill("Ateliers Roy")
    page.locator("#content [name=iban]").fill("FR14 2004 1010 0505 0001 3M02 607")
    page.locator("#content form button[type=submit]").click()
    expect(page.locator("#content [name=holder]")).to_have_value("Ateliers Roy")
    assert not Refund.objects.exists()
    check(page)
    page.set_viewport_size(VIEWPORT)
    page.locator("#content [name=iban]").fill("DE89 3704 0044 0532 0130 00")
    page.locator("#content form button[type=submit]").click()
    expect(page.locator("body")).to_contain_text(wait)
    refund = Refund.objects.get()
    assert (refund.way, refund.amount) == ("transfer", Decimal(100))
    page.goto(f"/admin/shop/refund/{refund.pk}/change/")
    check(page)


def test_an_account_cancels_a_place_and_sees_the_cost_before(browse, live_shop):
    owner = MembershipFactory(is_owner=True)
    entry = EntryFactory(cancel_days_after=14, cancel_share_kept=Decimal(10))
    order = place(make_cart(entry, quantity=3, user=owner.user), user=owner.user, account=owner.account)
    pay(order)
    run_due_jobs()
    client = Client()
    client.force_login(owner.user)
    page = browse(live_shop.base_url, viewport=VIEWPORT, reduced_motion="reduce")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_shop.base_url}])
    page.goto(f"/orders/{order.token}/")
    check_page(page)
    page.locator(f"main a[href='/orders/{order.token}/give-back/']").click()
    page.wait_for_url("**/give-back/")
    check_page(page)
    page.locator("main input[type=number]").fill("4")
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main input[type=number]")).to_have_attribute("aria-invalid", "true")
    page.locator("main input[type=number]").fill("1")
    page.locator("main form button[type=submit]").click()
    confirm = page.locator("main button[name=confirm]")
    expect(confirm).to_be_visible()
    expect(page.locator("main")).to_contain_text("108,00")
    check_page(page)
    assert not GivingBack.objects.exists()
    confirm.click()
    page.wait_for_url(f"**/orders/{order.token}/")
    assert GivingBack.objects.get().amount == Decimal("108.00")
    check_page(page)
