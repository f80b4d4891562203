"""An unallocated payment is resolved once, by a button, and can be reopened."""

import pytest
from django.urls import reverse

from shop.orders.history.models import OrderEvent
from shop.payments.models import MoneyHandling, PaymentEvent
from tests.factories.shop import pay
from tests.shop.admin_pages import order_url, text_of, told
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db

EVENTS = "/admin/shop/paymentevent/"


@pytest.fixture
def event(order):
    """Return the event of a payment of one euro too much."""
    pay(order, amount=order.gross + 1)
    return PaymentEvent.objects.get()


def url(event, action="change"):
    return reverse(f"admin:shop_paymentevent_{action}", args=[event.pk])


def deal(client, event, note="Given back by transfer."):
    return client.post(url(event, "resolve"), {"note": note}, follow=True)


def open_money(client):
    return next(count.number for count in client.get("/admin/").context["counts"] if "Payments" in str(count.label))


def found(client, todo):
    return list(client.get(EVENTS, {"todo": todo}).context["cl"].result_list)


def test_is_counted_until_somebody_resolved_it(client, event, merchant, order):
    assert (open_money(client), found(client, "attention"), found(client, "resolved")) == (1, [event], [])

    answer = deal(client, event)

    assert told(answer) == [("success", "This payment is resolved.")]
    handling = MoneyHandling.objects.get()
    assert (handling.event, handling.handled_by, handling.note) == (event, merchant, "Given back by transfer.")
    assert (open_money(client), found(client, "attention"), found(client, "resolved")) == (0, [], [event])
    assert "Maud Marchand resolved this payment on" in text_of(answer)
    page = text_of(client.get(order_url(order)))
    assert "payment needs attention" not in page
    assert "Given back by transfer." in page
    assert client.get("/admin/shop/order/", {"todo": "attention"}).context["cl"].result_count == 0


def test_can_be_reopened_and_resolved_again(client, event, order):
    deal(client, event)
    answer = client.post(url(event, "reopen"), follow=True)

    assert told(answer) == [("success", "This payment needs attention again.")]
    assert open_money(client) == 1
    deal(client, event, note="")
    assert open_money(client) == 0
    assert MoneyHandling.objects.filter(undone_at__isnull=False).count() == 1
    noted = OrderEvent.objects.filter(order=order, what__startswith="money_").values_list("what", flat=True)
    assert list(noted) == ["money_recorded", "money_handled", "money_reopened", "money_handled"]


def test_the_second_of_two_merchants_is_told_who_was_first(client, event):
    deal(client, event)
    other = browser_of(staff("shop.view_paymentevent", "shop.deal_with_money"))
    [(level, text)] = told(deal(other, event))
    assert (level, text.startswith("Maud Marchand resolved it already, on ")) == ("error", True)
    assert MoneyHandling.objects.get().handled_by.get_full_name() == "Maud Marchand"
    client.post(url(event, "reopen"), follow=True)
    assert told(client.post(url(event, "reopen"), follow=True))[0][0] == "error"


def test_a_payment_that_paid_its_order_needs_no_attention(client, order):
    pay(order)
    event = PaymentEvent.objects.get()
    assert url(event, "resolve") not in client.get(url(event)).content.decode()
    assert told(deal(client, event))[0][0] == "error"
    assert not MoneyHandling.objects.exists()


def test_only_by_post_and_only_with_the_right(client, event):
    onlooker = browser_of(staff("shop.view_paymentevent"))
    assert url(event, "resolve") not in onlooker.get(url(event)).content.decode()
    blind = browser_of(staff("shop.deal_with_money"))
    for action in ("resolve", "reopen"):
        assert client.get(url(event, action)).status_code == 405
        assert onlooker.post(url(event, action)).status_code == 403
        assert blind.post(url(event, action)).status_code == 403
        assert client.post(reverse(f"admin:shop_paymentevent_{action}", args=[0])).status_code == 404
    assert not MoneyHandling.objects.exists()


def test_any_note_is_taken(client, event):
    deal(client, event, note="a\0<b>" + "x" * 5000)
    assert MoneyHandling.objects.get().note == ("a<b>" + "x" * 5000)[: MoneyHandling.NOTE_LENGTH]
    assert b"a<b>" not in client.get(url(event)).content


def test_the_customer_reads_no_more_of_it(client, event, order):
    address = reverse("order", args=[order.token])
    assert "that we could not allocate" in text_of(client.get(address))
    deal(client, event)
    assert "that we could not allocate" not in text_of(client.get(address))
