"""A bank statement in the administration, in a browser: from the file to the confirmed line and the paid order."""

import pytest
from playwright.sync_api import expect

from tests.browser.administration import check, signed_in
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place
from tests.shop.payments.statements.files import camt, entry, statement


@pytest.mark.parametrize(("locale", "imported"), [("fr-FR", "Le relevé est importé"), ("en-GB", "is imported")])
def test_a_statement_is_looked_at_imported_and_its_line_confirmed(browse, live_shop, locale, imported):
    order = place(make_cart(EntryFactory()), email="a.very.long.address.of.somebody@departement.example.org")
    page = signed_in(browse, live_shop.base_url, locale=locale)
    page.goto("/admin/shop/bankstatement/send/")
    check(page)
    content = camt(statement(entry(str(order.gross), text=f"VIREMENT {order.number}", name="ATELIERS ROY " * 4)))
    page.locator("input[name=file]").set_input_files(
        {"name": "releve.xml", "mimeType": "application/xml", "buffer": content}
    )
    page.locator("#content form[enctype] button[type=submit]").click()
    expect(page.locator("#preview")).to_be_visible()
    check(page)
    page.locator("form[action$='/import/'] button").click()
    expect(page.locator("body")).to_contain_text(imported)
    page.goto("/admin/shop/statementline/")
    check(page)
    page.locator("#result_list tbody a").first.click()
    expect(page.locator("#proposals")).to_be_visible()
    check(page)
    page.locator("form[action$='/confirm/']:has([name=shares]) button").click()
    page.wait_for_load_state()
    order.refresh_from_db()
    assert order.paid_at is not None
    check(page)
