"""Billing data are corrected before there is an invoice, with the values before and after in the history."""

import pytest
from django.urls import reverse
from django.utils import timezone

from shop.orders.billing.services import BILLING, CorrectionRefused, correct_billing
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from tests.shop.admin_pages import order_url, text_of
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db


def url(order):
    return reverse("admin:shop_order_billing", args=[order.pk])


def as_shown(client, order):
    form = client.get(url(order)).context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def test_what_is_corrected_and_why(client, merchant, order):
    form = as_shown(client, order)
    done = client.post(url(order), {**form, "billing_city": "Brest", "vat_id": "", "reason": "typed wrong"})
    assert done["location"] == order_url(order)
    order.refresh_from_db()
    event = order.events.get(what=OrderEvent.What.BILLING_CORRECTED)
    assert (order.billing_city, event.actor) == ("Brest", merchant)
    assert event.detail == {"reason": "typed wrong", "changes": {"billing_city": ["Nantes", "Brest"]}}
    told = text_of(client.get(order_url(order)))
    assert "City: “Nantes” → “Brest”" in told
    assert "typed wrong" in told
    assert "Brest" in Order.objects.values_list("search_text", flat=True).get().title()


def test_a_reason_and_a_change_are_needed(client, merchant, order):
    form = as_shown(client, order)
    unsaid = client.post(url(order), {**form, "billing_city": "Brest", "reason": ""})
    assert unsaid.context["form"].errors.keys() == {"reason"}
    assert unsaid.context["form"]["billing_city"].value() == "Brest"
    assert "Nothing was changed" in client.post(url(order), {**form, "reason": "x"}).content.decode()
    with pytest.raises(CorrectionRefused):
        correct_billing(order_id=order.pk, values={"billing_city": "X"}, reason=" ", actor=merchant, now=timezone.now())
    assert not order.events.filter(what=OrderEvent.What.BILLING_CORRECTED).exists()


def test_what_somebody_else_corrected_meanwhile_is_shown_and_not_overwritten(client, order):
    form = as_shown(client, order)
    Order.objects.filter(pk=order.pk).update(billing_city="Lyon")
    answer = client.post(url(order), {**form, "billing_city": "Brest", "reason": "x"})
    assert "Meanwhile changed to “Lyon”" in answer.content.decode()
    order.refresh_from_db()
    assert order.billing_city == "Lyon"


def test_a_private_person_has_no_data_of_organisations(client, order):
    Order.objects.filter(pk=order.pk).update(is_organisation=False)
    assert set(as_shown(client, order)) == {*BILLING, "reason", "made_from"} - {
        "register_number", "vat_id", "service_code", "commitment_number", "payer_email", "purchase_reference",
    }  # fmt: skip


def test_a_public_body_alone_has_a_service_code_and_a_commitment_number(client, order):
    assert {"service_code", "commitment_number"}.isdisjoint(as_shown(client, order))
    Order.objects.filter(pk=order.pk).update(is_public_body=True)
    form = as_shown(client, order) | {"commitment_number": "EJ 2026-81", "register_number": "732 829 320 00074"}
    client.post(url(order), {**form, "reason": "on the phone"})
    order.refresh_from_db()
    assert (order.commitment_number, order.register_number) == ("EJ 2026-81", "73282932000074")


def test_a_wrong_siret_is_refused_at_its_field(client, order):
    answer = client.post(url(order), {**as_shown(client, order), "register_number": "73282932000079", "reason": "x"})
    assert "register_number" in answer.context["form"].errors


def test_a_wrong_vat_number_is_refused_at_its_field(client, order):
    answer = client.post(url(order), {**as_shown(client, order), "vat_id": "FR1", "reason": "x"})
    assert "vat_id" in answer.context["form"].errors


def test_by_permission_alone(order):
    reader = browser_of(staff("shop.view_order"))
    assert (reader.get(url(order)).status_code, reader.post(url(order)).status_code) == (403, 403)
