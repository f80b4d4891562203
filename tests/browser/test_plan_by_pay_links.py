"""An order in three parts, each paid by its pay link at Stripe's page, which its stand-in shows, to its final
invoice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from common.moments import local_day
from documents.issued.models import Document
from shop.orders.models import Order
from shop.payments.requests.asked import asked_of
from shop.payments.requests.links import link_of
from shop.payments.requests.payers import ask_payer
from shop.payments.requests.planning import Part, plan_payments
from tests.browser.looks import check_page
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import make_cart, place
from tests.shop.papers.given import SIRET, complete_seller
from tests.shop.payments.providers.desks import stripe_desk

pytestmark = pytest.mark.django_db(transaction=True)

PARTS = ("40.00", "80.00", "120.00")
WORDS = {
    "en-GB": (
        ("€40.00 to pay", "€80.00 to pay", "€120.00 to pay"),
        "This is paid. Thank you.",
        "Paid on",
        "receipt (PDF)",
    ),
    "fr-FR": (
        ("40,00 € à payer", "80,00 € à payer", "120,00 € à payer"),
        "C’est payé. Merci.",
        "Payée le",
        "reçu (PDF)",
    ),
}


def order_in_parts() -> tuple[Order, list[str]]:
    """Return an order of 240.00 and the pay link of each of its parts, mailed to its payer."""
    merchant, now = UserFactory(is_staff=True), timezone.now()
    cart = make_cart(EntryFactory(tiers={1: "100.00"}, tax=TaxFactory()), quantity=2)
    order = place(cart, email="alice@example.org", register_number=SIRET)
    parts = [Part(Decimal(amount), local_day(now) + timedelta(days=30 * number)) for number, amount in enumerate(PARTS)]
    plan_payments(order_id=order.pk, parts=parts, actor=merchant, now=now)
    asked = [
        ask_payer(order_id=order.pk, amount=part.amount, email="payer@example.org", actor=merchant, now=now)
        for part in parts
    ]
    return order, [link_of(request) for request in asked]


def pay_at_stripe(page: Page, desk, link: str) -> None:
    page.locator("[name=method][value=stripe]").check()
    page.locator("form.pay button[type=submit]").click()
    page.wait_for_url(f"{desk.service.page_base}/pay/*")
    page.get_by_role("button", name="Pay", exact=True).click()
    page.wait_for_url(link)


@pytest.mark.parametrize("locale", list(WORDS))
def test_each_part_is_paid_by_its_link_and_the_last_settles(browse, live_shop, settings, monkeypatch, locale):
    settings.SITE_URL = live_shop.base_url
    to_pay, thanks, paid, receipt = WORDS[locale]
    complete_seller()
    order, links = order_in_parts()
    page = browse(live_shop.base_url, locale=locale, viewport={"width": 320, "height": 800}, reduced_motion="reduce")
    with stripe_desk(monkeypatch) as desk:
        desk.service.webhook = f"{live_shop.base_url}/payments/stripe/webhook/"
        for number, (link, asks) in enumerate(zip(links, to_pay, strict=True), 1):
            page.goto(link)
            expect(page.get_by_role("heading", level=2).first).to_have_text(asks)
            check_page(page)
            pay_at_stripe(page, desk, link)
            expect(page.get_by_role("heading", level=2).first).to_have_text(thanks)
            check_page(page)
            with page.expect_download() as saved:
                page.get_by_role("link", name=receipt).click()
            assert saved.value.suggested_filename.startswith(f"receipt-{order.number}-")
            states = ["paid"] * number + ["open"] * (len(PARTS) - number)
            assert [each.request.state for each in asked_of(order)] == states
    page.goto(f"/orders/{order.token}/")
    expect(page.locator("main")).to_contain_text(paid)
    check_page(page)
    order.refresh_from_db()
    assert order.status == "completed"
    assert {payment.provider for payment in order.payments.filter(status="succeeded")} == {"stripe"}
    kinds = Document.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["deposit", "deposit", "final"]
