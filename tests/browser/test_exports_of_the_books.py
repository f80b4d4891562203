"""An export for the accountant in the administration, in a browser: asked for by keyboard, made, and downloaded."""

from __future__ import annotations

from django.utils import timezone
from playwright.sync_api import expect

from billing.journal.models import ChartAccount
from shop.books.models import BookExport
from shop.books.services import make_export
from tests.browser.administration import check, signed_in
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.books.making import content_of
from tests.shop.papers.given import SIRET, complete_seller


def test_an_accountant_makes_and_downloads_the_journal(browse, live_shop):
    complete_seller()
    pay(place(make_cart(EntryFactory()), email="bob@example.org", register_number=SIRET))
    page = signed_in(browse, live_shop.base_url, locale="fr-FR")
    page.goto("/admin/shop/bookexport/make/")
    check(page)
    today = timezone.localdate()
    page.locator("[name=starts_on]").fill(today.replace(day=1).isoformat())
    page.locator("[name=ends_on]").fill(today.isoformat())
    page.locator("[name=ends_on]").press("Enter")
    expect(page.locator("body")).to_contain_text("L’export est en cours de création")
    check(page)

    export = BookExport.objects.get()
    make_export(export_id=export.pk, now=timezone.now())
    page.reload()
    check(page)
    with page.expect_download() as downloading:
        page.locator("form[action$='/download/'] button").press("Enter")
    export.refresh_from_db()
    assert downloading.value.suggested_filename == f"{SIRET[:9]}FEC{today:%Y%m%d}.txt"
    with open(downloading.value.path(), "rb") as file:
        assert file.read() == content_of(export)
    page.goto("/admin/shop/bookexport/")
    expect(page.locator("#result_list")).to_contain_text("provisoire")
    check(page)
    ChartAccount.objects.create(account="sales", part="4", number="706100", label="Formations exonérées de TVA " * 2)
    page.goto("/admin/billing/chartaccount/")
    check(page)
    page.goto("/admin/billing/chartaccount/add/")
    check(page)
