"""Pages of the platform: its keys, whether documents are sent, and what became of each."""

from __future__ import annotations

import pytest
from django.urls import reverse

from shop.papers.platforms.models import DocumentSending, PlatformSettings
from shop.papers.platforms.registry import in_use
from shop.papers.platforms.services import follow_documents
from shop.payments.configured.in_force import forget
from tests.catalog.admin_pages import controls
from tests.shop.admin_pages import text_of, told
from tests.shop.merchants import browser_of, staff
from tests.shop.papers.platforms.given import platform_row
from tests.shop.papers.platforms.test_sending import send_all, sold
from workbench.stand_ins import afnor as stand_in

pytestmark = pytest.mark.django_db
ADMINISTRATOR = ("shop.view_platformsettings", "shop.change_platformsettings")


def test_a_merchant_types_keys_which_nobody_is_shown_again_and_switches_it_on():
    row = platform_row()
    forget()
    clerk, url = browser_of(staff(*ADMINISTRATOR)), reverse("admin:shop_platformsettings_change", args=[row.pk])
    typed = {
        "offer": "yes", "token_url": "https://pa.example/token", "flow_url": "https://pa.example/flow",
        "directory_url": "https://pa.example/directory", "client_id": "amphi", "client_secret": "s3cret-of-ours",
        "voluntary": "no", "mode": "test",
    }  # fmt: skip
    clerk.post(url, controls(clerk.get(url), "platformsettings_form") | typed)
    row = PlatformSettings.objects.get(name="afnor")
    assert in_use() is not None
    assert row.plain["client_id"] == "amphi"
    assert "s3cret-of-ours" not in row.secret + str(row.plain)
    assert "s3cret-of-ours" not in clerk.get(url).content.decode()
    forget()


@pytest.mark.parametrize("address", ["http://pa.example/", "ftp://pa.example", "https://", "javascript:1"])
def test_an_address_without_https_is_told_at_its_field(address):
    row = platform_row()
    clerk, url = browser_of(staff(*ADMINISTRATOR)), reverse("admin:shop_platformsettings_change", args=[row.pk])
    shown = clerk.post(url, controls(clerk.get(url), "platformsettings_form") | {"token_url": address})
    assert "Type an address that begins with https://." in text_of(shown)
    assert PlatformSettings.objects.get(name="afnor").keys_at is None


def test_the_connection_is_tried_by_a_button(desk):
    clerk = browser_of(staff(*ADMINISTRATOR))
    url = reverse("admin:shop_platformsettings_check", args=[platform_row().pk])
    [(level, text)] = told(clerk.post(url, follow=True))
    assert (level, text) == ("success", "The connection works: test: no money moves.")


def test_payment_methods_and_platforms_are_lists_of_their_own():
    platform_row()
    clerk = browser_of(staff(*ADMINISTRATOR, "shop.view_providersettings"))
    assert "AFNOR" in text_of(clerk.get(reverse("admin:shop_platformsettings_changelist")))
    assert "afnor" not in text_of(clerk.get(reverse("admin:shop_providersettings_changelist"))).lower()


def test_refused_documents_are_told_on_the_start_page_and_in_their_list(desk: stand_in.Afnor):
    document = sold()
    send_all()
    desk.tell(document.number, "210", "TX_TVA_ERR")
    follow_documents(name="afnor", now=document.issued_at)
    clerk = browser_of(staff("shop.view_documentsending"))
    assert "Documents refused by the platform or the buyer, or not sent" in text_of(clerk.get(reverse("admin:index")))
    text = text_of(clerk.get(reverse("admin:shop_documentsending_changelist"), {"todo": "attention"}))
    assert document.number in text
    assert "210 TX_TVA_ERR" in text
    page = reverse("admin:shop_documentsending_change", args=[DocumentSending.objects.get().pk])
    assert clerk.get(page).status_code == 200
