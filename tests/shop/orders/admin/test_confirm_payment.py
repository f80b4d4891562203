"""A merchant confirms that money has arrived: with amount and reference, and each outcome told in words."""

import pytest
from django.utils import timezone

from handlers.contract import Refusal
from outbox.jobs.models import Job
from shop.orders.ending import cancel_order
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.payments.models import Payment, PaymentEvent, Settlement
from tests.factories.shop import pay
from tests.shop.admin_pages import order_url, text_of, told
from tests.shop.merchants import browser_of

pytestmark = pytest.mark.django_db

RIGHT = {"amount": "120.00", "reference": "VIR 42"}


def confirm(client, order, **typed):
    return client.post(order_url(order, "payment"), {**RIGHT, **typed}, follow=True)


def status_of(order):
    return Order.objects.values_list("status", flat=True).get(pk=order.pk)


def nothing_happened(order):
    return (status_of(order), PaymentEvent.objects.count(), Payment.objects.count()) == ("placed", 0, 0)


def test_looking_at_the_page_changes_nothing(client, order):
    response = client.get(order_url(order, "payment"), RIGHT)
    assert response.status_code == 200
    assert "€120.00" in text_of(response)
    assert nothing_happened(order)


def test_the_right_amount_pays_the_order_in_the_merchants_name(client, merchant, order):
    response = confirm(client, order)

    assert response.redirect_chain == [(order_url(order), 302)]
    assert told(response) == [("success", f"Order {order.number} is paid: €120.00 have arrived.")]
    assert status_of(order) == "paid"
    event = PaymentEvent.objects.get()
    assert (event.actor, event.outcome, event.payload) == (merchant, "settled", {"reference": "VIR 42"})
    assert OrderEvent.objects.get(order=order, what="paid").actor == merchant
    assert Job.objects.filter(kind="fulfil_line").count() == 1


def test_posting_twice_pays_once(client, order):
    confirm(client, order)
    response = confirm(client, order, reference=" vir  42 ")
    assert told(response)[-1][0] == "success"
    assert (Settlement.objects.count(), PaymentEvent.objects.count(), Payment.objects.count()) == (1, 1, 1)


def test_another_amount_is_an_error_at_the_field_and_loses_nothing(client, order):
    response = confirm(client, order, amount="100,00")
    assert response.status_code == 200
    form = response.context["form"]
    assert list(form.errors) == ["amount"]
    assert 'value="100,00"' in response.content.decode()
    assert 'value="VIR 42"' in response.content.decode()
    assert nothing_happened(order)


def test_less_that_is_what_arrived_is_recorded_as_a_part(client, order):
    response = confirm(client, order, amount="100", is_what_arrived="on")

    words = f"€100.00 with the reference “VIR 42” are recorded as a part of what order {order.number} asks."
    assert told(response) == [("success", words)]
    assert status_of(order) == "placed"
    assert PaymentEvent.objects.get().outcome == "allocated"
    assert not Settlement.objects.exists()


def test_a_reference_recorded_with_another_amount_is_told_at_its_field(client, order):
    confirm(client, order, amount="100", is_what_arrived="on")
    response = confirm(client, order, amount="20")
    assert list(response.context["form"].errors) == ["reference"]
    assert status_of(order) == "placed"
    assert PaymentEvent.objects.count() == 1

    confirm(client, order, amount="20", reference="VIR 42 corrected")
    assert status_of(order) == "paid"


def test_more_money_for_a_paid_order_is_a_second_charge(client, order):
    pay(order)
    assert "recorded as a second charge" in text_of(client.get(order_url(order, "payment")))
    response = confirm(client, order)
    [(level, text)] = told(response)
    assert level == "warning"
    assert "recorded as a second charge" in text
    assert PaymentEvent.objects.filter(outcome="second_charge").count() == 1


def test_late_money_brings_an_order_back_when_its_places_can_be_had(client, order):
    cancel_order(order_id=order.pk, actor=None, now=timezone.now())
    assert "has ended unpaid" in text_of(client.get(order_url(order, "payment")))
    assert told(confirm(client, order))[0][0] == "success"
    assert status_of(order) == "paid"


def test_late_money_for_places_that_are_gone_is_recorded(client, order, diary):
    cancel_order(order_id=order.pk, actor=None, now=timezone.now())
    diary.raises["retake"] = [Refusal("gone")]
    [(level, text)] = told(confirm(client, order))
    assert level == "warning"
    assert "came too late" in text
    assert status_of(order) == "cancelled"
    assert PaymentEvent.objects.get().outcome == "late"


@pytest.mark.parametrize(
    "amount", ["", "-1", "abc", "1e999", "٣", "NaN", "Infinity", "9" * 40, "0", "120.005", "1,234"]
)
@pytest.mark.parametrize("ticked", [{}, {"is_what_arrived": "on"}])
def test_hostile_amounts_are_errors_at_the_field(client, order, amount, ticked):
    response = confirm(client, order, amount=amount, **ticked)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["amount"]
    assert nothing_happened(order)


@pytest.mark.parametrize("reference", ["", "   ", "x" * 5000, "a\0b"])
def test_a_reference_is_asked_for_and_bounded(client, order, reference):
    response = confirm(client, order, reference=reference)
    assert list(response.context["form"].errors) == ["reference"]
    assert nothing_happened(order)


def test_markup_in_a_reference_is_text(client, order):
    response = confirm(client, order, reference="<script>alert(1)</script>")
    assert status_of(order) == "paid"
    assert b"<script>alert" not in client.get(order_url(order)).content
    assert b"<script>alert" not in response.content


def test_is_asked_and_answered_in_the_merchants_language(merchant, order):
    client = browser_of(merchant, "fr")
    assert "120,00 €" in text_of(client.get(order_url(order, "payment")))
    assert confirm(client, order, amount="120,00").status_code == 200
    assert status_of(order) == "paid"


def test_needs_the_token_of_the_form(merchant, order):
    client = browser_of(merchant, enforce_csrf_checks=True)
    assert client.post(order_url(order, "payment"), RIGHT).status_code == 403
    assert nothing_happened(order)


def test_of_an_order_that_does_not_exist(client, db):
    for pk in (0, 99, 2**70):
        assert client.get(f"/admin/shop/order/{pk}/payment/").status_code == 404
        assert client.post(f"/admin/shop/order/{pk}/payment/", RIGHT).status_code == 404
