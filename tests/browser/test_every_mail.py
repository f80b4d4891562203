"""The HTML of every kind of mail, in both languages: no findings of axe, at the width of a telephone too."""

import os

from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import Page

from outbox.mails.rendering import render_mail
from shop.seller.models import ShopIdentity
from tests.browser.looks import findings
from tests.shop.every_mail import every_mail
from tests.shop.probes import diary as diary
from tests.shop.probes import probe_entry as probe_entry

PICTURES = os.environ.get("SCREENSHOTS")
# A grey picture of one pixel.
PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x80\x80\x80\xff\xff\xff!\xf9\x04\x00\x00\x00\x00\x00"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


def test_every_mail_reads_well_for_everybody(browse, live_shop, settings, probe_entry, diary):
    settings.SITE_URL = live_shop.base_url
    seller = ShopIdentity.current()
    seller.name, seller.iban, seller.sales_email = "Amphi & Cie", "FR76 1234", "sales@example.org"
    seller.support_email = "aide@example.org"
    seller.logo = SimpleUploadedFile("logo.gif", PIXEL, content_type="image/gif")
    seller.save()
    mails = every_mail(probe_entry, diary)
    page: Page = browse(live_shop.base_url, viewport={"width": 320, "height": 900})
    found = []
    for kind, mail in mails.items():
        for language in ("en", "fr"):
            mail.language = language
            rendered = render_mail(mail, blank_secrets=True)
            assert rendered.sender_name == "Amphi & Cie"
            page.set_content(rendered.html)
            assert page.title() == rendered.subject
            assert page.locator("html").get_attribute("lang") == language
            assert page.locator("header img").get_attribute("alt") == "Amphi & Cie"
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                found += [f"{kind}, {language}, {scheme}: {finding}" for finding in findings(page)]
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wide:
                found.append(f"{kind}, {language}: {wide} px too wide")
            if PICTURES and kind in ("given_back", "place_lost", "invitation", "order_placed", "money_needs_attention"):
                page.emulate_media(color_scheme="light")
                page.screenshot(path=f"{PICTURES}/mail_{kind}_{language}.png", full_page=True)
    assert found == []
