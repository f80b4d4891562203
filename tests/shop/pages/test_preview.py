"""A draft is shown as customers will see it, to those who may see entries, and cannot be bought."""

import pytest
from django.urls import reverse

from catalog.models.entries import Entry
from shop.cart.models import CartLine
from tests.factories.catalog import EntryFactory
from tests.shop.merchants import browser_of, staff
from tests.shop.steps import english_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return EntryFactory(state="draft")


def test_shows_the_page_of_tomorrow(draft):
    page = browser_of(staff("catalog.view_entry")).get(reverse("admin:catalog_entry_preview", args=[draft.pk]))
    told = page.content.decode()
    assert draft.name in told
    assert "Preview: this is how customers will see" in told
    assert "This is a draft" not in told
    assert 'type="button" disabled' in told
    assert Entry.objects.get().state == "draft"


def test_is_never_buyable(draft):
    address = reverse("admin:catalog_entry_preview", args=[draft.pk])
    reader = browser_of(staff("catalog.view_entry"))
    reader.post(address, {"quantity": 1})
    reader.post(f"/e/{draft.code}/", {"quantity": 1})
    assert not CartLine.objects.exists()


def test_by_permission(draft):
    address = reverse("admin:catalog_entry_preview", args=[draft.pk])
    assert browser_of(staff()).get(address).status_code == 403
    assert english_client().get(address).status_code == 302
    assert english_client().get(f"/e/{draft.code}/").status_code == 404
