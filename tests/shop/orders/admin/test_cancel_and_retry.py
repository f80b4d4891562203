"""Cancelling an order and delivering a failed line again."""

import pytest
from django.urls import reverse
from django.utils import timezone

from handlers.contract import Refusal
from outbox.jobs.models import Job
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from tests.factories.shop import deliver, pay
from tests.shop.admin_pages import line_url, order_url, text_of, told
from tests.shop.merchants import browser_of, staff
from tests.shop.probes import REFUSED, traces

pytestmark = pytest.mark.django_db


def status_of(order):
    return Order.objects.values_list("status", flat=True).get(pk=order.pk)


@pytest.fixture
def failed(order, diary):
    """Return the line of a paid order whose handler has refused."""
    diary.raises["post"] = [REFUSED]
    pay(order)
    deliver(order)
    line = order.lines.get()
    assert line.status == "failed"
    return line


class TestCancel:
    def test_is_asked_about_first(self, client, order):
        response = client.get(order_url(order, "cancel"), {"reason": "x"})
        assert f"Cancel order {order.number}?" in text_of(response)
        assert status_of(order) == "placed"

    def test_frees_what_was_held_and_keeps_who_and_why(self, client, merchant, order):
        response = client.post(order_url(order, "cancel"), {"reason": "Ordered twice"}, follow=True)

        assert told(response) == [("success", "The order is cancelled, and what it held is free again.")]
        assert status_of(order) == "cancelled"
        assert traces("revoke") == 1
        event = OrderEvent.objects.get(order=order, what="cancelled")
        assert (event.actor, event.from_status, event.to_status) == (merchant, "placed", "cancelled")
        assert "Ordered twice" in text_of(client.get(order_url(order)))

    def test_twice_cancels_once(self, client, order):
        for _time in range(2):
            client.post(order_url(order, "cancel"), {"reason": ""})
        assert OrderEvent.objects.filter(order=order, what="cancelled").count() == 1

    def test_of_a_paid_order_is_refused(self, client, order):
        pay(order)
        response = client.post(order_url(order, "cancel"), {"reason": ""}, follow=True)
        assert told(response) == [("error", "Only an order that waits for payment can be cancelled.")]
        assert status_of(order) == "paid"
        assert "Cancel the order" not in text_of(client.get(order_url(order, "cancel")))

    def test_a_reason_too_long_is_an_error_at_its_field(self, client, order):
        response = client.post(order_url(order, "cancel"), {"reason": "x" * 501})
        assert list(response.context["form"].errors) == ["reason"]
        assert status_of(order) == "placed"

    def test_needs_the_token_of_the_form(self, merchant, order):
        client = browser_of(merchant, enforce_csrf_checks=True)
        assert client.post(order_url(order, "cancel"), {}).status_code == 403
        assert status_of(order) == "placed"


class TestRetry:
    def test_the_page_tells_the_reason_and_offers_it(self, client, order, failed):
        response = client.get(order_url(order))
        assert "No more chairs." in text_of(response)
        assert line_url(failed, "retry") in response.content.decode()

    def test_delivers_the_line_in_a_moment(self, client, merchant, order, failed):
        response = client.post(line_url(failed, "retry"), follow=True)
        assert told(response) == [("success", "The line is delivered again in a moment.")]
        assert order.lines.get().status == "pending"
        assert OrderEvent.objects.get(order=order, what="line_retried").actor == merchant
        deliver(order)
        assert status_of(order) == "completed"

    def test_twice_makes_one_job_more(self, client, order, failed):
        client.post(line_url(failed, "retry"))
        response = client.post(line_url(failed, "retry"), follow=True)
        assert told(response)[-1] == ("error", "Only a failed line of a paid order can be tried again.")
        assert Job.objects.filter(kind="fulfil_line").count() == 2

    def test_looking_changes_nothing(self, client, order, failed):
        response = client.get(line_url(failed, "retry"))
        assert (response.status_code, response["Allow"]) == (405, "POST")
        assert order.lines.get().status == "failed"

    def test_of_another_orders_line_is_not_found(self, client, order, failed, new_order):
        other = new_order()
        assert client.post(f"/admin/shop/order/{other.pk}/lines/{failed.pk}/retry/").status_code == 404
        assert order.lines.get().status == "failed"

    def test_of_a_line_that_waits_is_refused(self, client, order):
        pay(order)
        response = client.post(line_url(order.lines.get(), "retry"), follow=True)
        assert told(response)[0][0] == "error"
        assert not OrderEvent.objects.filter(what="line_retried").exists()

    def test_after_the_attempts_were_used_up_brings_the_job_back(self, client, order, diary):
        diary.raises["post"] = [RuntimeError("broken")]
        pay(order)
        Job.objects.filter(kind="fulfil_line").update(attempts=7)
        deliver(order)
        line = order.lines.get()
        assert line.status == "failed"
        assert "dead" in text_of(client.get(order_url(order)))

        client.post(line_url(line, "retry"))
        deliver(order)
        assert status_of(order) == "completed"

    def test_by_the_button_of_the_job_is_of_whoever_presses_it(self, client, merchant, order, diary):
        diary.raises["post"] = [RuntimeError("broken")] * 2
        pay(order)
        colleague = staff("shop.view_order", "shop.change_order")
        for press in (
            lambda _job: browser_of(colleague).post(line_url(order.lines.get(), "retry")),
            lambda job: client.post(reverse("admin:outbox_job_retry", args=[job.pk])),
        ):
            Job.objects.filter(kind="fulfil_line").update(attempts=7)
            deliver(order)
            press(Job.objects.get(kind="fulfil_line"))
        retried = OrderEvent.objects.filter(order=order, what="line_retried").order_by("pk")
        assert [event.actor for event in retried] == [colleague, merchant]

    def test_is_not_offered_once_delivered(self, client, order, failed):
        client.post(line_url(failed, "retry"))
        deliver(order)
        assert "Deliver again" not in text_of(client.get(order_url(order)))

    def test_failing_again_shows_the_new_reason(self, client, order, failed, diary):
        diary.raises["post"] = [Refusal("No tables either.")]
        client.post(line_url(failed, "retry"))
        deliver(order)
        page = text_of(client.get(order_url(order)))
        assert "No tables either." in page
        # The history keeps both.
        assert "No more chairs." in page


def test_cancelling_an_expired_order_is_refused(client, order):
    Order.objects.filter(pk=order.pk).update(status="expired", expires_at=timezone.now())
    response = client.post(order_url(order, "cancel"), {"reason": ""}, follow=True)
    assert told(response)[0][0] == "error"
    assert status_of(order) == "expired"
