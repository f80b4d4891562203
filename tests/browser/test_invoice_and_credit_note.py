"""From the order to its invoice, and from units given back to the credit note, in a browser: customer and merchant."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from documents.issued.models import Document
from tests.browser.administration import check, signed_in
from tests.browser.looks import check_page
from tests.browser.test_desk import NARROW, WIDE, account, bob, course, sign_in
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import make_cart, place
from tests.shop.admin_pages import line_url
from tests.shop.papers.given import SIRET, complete_seller

__all__ = ["account", "bob", "course", "sign_in"]

PLACES = [("fr-FR", NARROW, ("Facture", "Avoir")), ("en-GB", WIDE, ("Invoice", "Credit note"))]


def pay_by_card(page: Page) -> None:
    page.locator("[name=method][value=sandbox]").check()
    page.locator("form.pay button[type=submit]").click()
    page.wait_for_url("**/payments/sandbox/pay/**")
    page.locator("[name=choice][value=succeed]").click()
    page.wait_for_url("**/orders/*/")


def download(page: Page, document: Document) -> None:
    """Download a document as PDF from the page, and compare it with what is kept."""
    with page.expect_download() as waiting:
        page.get_by_role("link", name=f"PDF {document.number}").click()
    assert waiting.value.suggested_filename == f"{document.number}.pdf"
    content = Path(waiting.value.path()).read_bytes()
    assert content.startswith(b"%PDF-")
    assert content == bytes(document.files.get(form="pdf").content)


def give_one_back(page: Page, order) -> None:
    page.goto(line_url(order.lines.get(), "give_back"))
    page.locator("#content [name=units]").fill("2")
    page.locator("#content [name=reason]").fill("Un participant est malade")
    for _step in ("typed", "confirmed"):
        check(page)
        page.locator("#content form button[type=submit]").click()
    page.wait_for_url("**/change/")


@pytest.mark.parametrize(("locale", "viewport", "kinds"), PLACES)
def test_the_customer_has_the_invoice_and_then_the_credit_note(
    browse, live_shop, sign_in, account, locale, viewport, kinds
):
    complete_seller()
    owner = MembershipFactory(account=account, is_owner=True, user__language="").user
    cart = make_cart(EntryFactory(tax=TaxFactory()), quantity=3, user=owner)
    order = place(cart, user=owner, account=account, register_number=SIRET)
    customer = sign_in(browse(live_shop.base_url, locale=locale, viewport=viewport, reduced_motion="reduce"), owner)
    customer.goto(f"/orders/{order.token}/")
    pay_by_card(customer)
    live_shop.run_jobs()
    customer.reload()
    invoice = Document.objects.get(kind="invoice")
    papers = customer.locator("section[aria-labelledby=papers]")
    expect(papers).to_contain_text(f"{kinds[0]} {invoice.number}")
    check_page(customer)
    download(customer, invoice)

    merchant = signed_in(browse, live_shop.base_url, locale=locale, viewport=viewport)
    give_one_back(merchant, order)
    live_shop.run_jobs()
    merchant.reload()
    note = Document.objects.get(kind="credit_note", corrects=invoice)
    expect(merchant.locator("#content")).to_contain_text(note.number)
    check(merchant)

    customer.goto(f"/orders/{order.token}/")
    expect(papers).to_contain_text(f"{kinds[1]} {note.number}")
    check_page(customer)
    customer.goto(f"/account/{account.pk}/documents/")
    row = customer.get_by_role("row", name=note.number)
    expect(row).to_contain_text(kinds[1])
    check_page(customer)
    download(customer, note)
