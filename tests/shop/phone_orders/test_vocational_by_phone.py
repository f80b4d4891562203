"""Vocational training entered at the telephone: staff read why a private person cannot buy it."""

import pytest
from django.utils import timezone

from catalog.models.entries import Entry, Vocational
from shop.checkout.errors import DetailsRefused
from shop.checkout.place import Consent
from shop.phone_orders.services import note_acceptance
from tests.shop.phone_orders.conftest import fresh, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def private(entered):
    entered.cart.details = {**entered.cart.details, "kind": "person"}
    entered.cart.save()
    return fresh(entered)


def test_staff_read_why_and_cannot_place_it(desk, seller, private, probe_entry):
    before = shown(private)
    Entry.objects.filter(pk=probe_entry.pk).update(vocational=Vocational.YES)
    page = desk.get(f"/admin/shop/phoneorder/{private.pk}/change/").context["page"]
    assert len(page.customer.errors["kind"]) == 1
    assert page.shown is None
    today = timezone.localdate()
    with pytest.raises(DetailsRefused):
        note_acceptance(
            phone_order_id=private.pk, shown=before, consent=Consent(None), how="phone", on=today, actor=seller,
            now=timezone.now(),
        )  # fmt: skip
