"""Pay link of an outside payer: amount, seller, who asks, what was ordered; nothing else."""

import re
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.ending import cancel_order
from shop.orders.models import Order
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import attempt_told
from shop.payments.requests.links import give_link, token_of
from shop.payments.requests.models import PaymentRequest
from shop.payments.services import choose_method
from tests.factories.shop import make_cart, pay, place
from tests.shop.payments.requests.plans import NOW, in_parts, piece

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"


@pytest.fixture
def order(probe_entry) -> Order:
    order = place(
        make_cart(probe_entry), payer_email="payer@example.org", email="alice@example.org", contact_name="Alice Roy"
    )
    choose_method(order_id=order.pk, method="transfer", actor=None, now=timezone.now())
    return order


def address(order: Order) -> str:
    """Return the path of the link in the mail to the payer."""
    mail = Mail.objects.get(kind="payer_instructions", order_id=order.pk)
    [path] = re.findall(r"/pay/[\w-]+/", render_mail(mail, blank_secrets=False).text)
    return path


def test_shows_amount_seller_who_asks_and_what_was_ordered(order, client):
    page = client.get(address(order)).content.decode()
    assert "€120.00 to pay" in page
    assert order.transfer_reference in page
    assert order.billing_name in page
    assert order.lines.get().name in page


def test_shows_nothing_else(order, client):
    page = client.get(address(order)).content.decode()
    for secret in (order.token, order.contact_email, order.contact_name, order.payer_email):
        assert secret not in page


def test_asks_for_what_is_still_to_come(order, client):
    piece(order, 100, "one")
    assert "€20.00 to pay" in client.get(address(order)).content.decode()
    piece(order, 20, "two")
    page = client.get(address(order)).content.decode()
    assert "This is paid. Thank you." in page
    assert "IBAN" not in page


def test_says_so_once_the_order_has_ended(order, client):
    path = address(order)
    cancel_order(order_id=order.pk, actor=None, now=NOW)
    page = client.get(path).content.decode()
    assert "the order has ended" in page
    assert "IBAN" not in page


def test_only_its_hash_is_stored(order):
    token = address(order).split("/")[2]
    stored = PaymentRequest.objects.values_list("link_hash", "link_nonce").get()
    assert token not in stored
    assert len(token) == 43


def test_other_tokens_open_nothing_and_are_limited(order, client, settings):
    settings.RATE_LIMITS = {"unknown pay link": "2/10m/ip"}
    codes = [client.get(reverse("pay-link", args=[token])).status_code for token in (order.token, "x", "y")]
    assert codes == [404, 404, 429]


def test_is_kept_by_no_browser_or_proxy_found_by_no_search_and_named_to_no_other_site(order, client):
    for path, status in ((address(order), 200), (reverse("pay-link", args=["x"]), 404)):
        answer = client.get(path)
        assert answer.status_code == status
        assert {"no-store", "private"} <= set(answer["Cache-Control"].split(", "))
        assert answer["Referrer-Policy"] == "same-origin"
        assert '<meta name="robots" content="noindex">' in answer.content.decode()


def test_the_mail_kept_in_the_administration_shows_no_link(order):
    mail = Mail.objects.get(kind="payer_instructions")
    assert "/pay/" not in render_mail(mail, blank_secrets=True).text


class TestByCard:
    @pytest.fixture
    def path(self, order):
        return address(order)

    def pay(self, client, path, asked="120.00", method="sandbox"):
        return client.post(path, {"method": method, "asked": asked})

    def charge(self, client, page, choice="succeed"):
        return client.post(page, {"choice": choice})

    def test_leads_to_the_providers_page_and_back_to_the_link(self, order, client, path):
        page = self.pay(client, path).url
        assert order.token not in page
        shown = client.get(page).content.decode()
        assert "€120.00" in shown
        assert order.token not in shown
        assert self.charge(client, page).url == path
        assert Order.objects.get(pk=order.pk).status == Order.Status.PAID
        assert "This is paid. Thank you." in client.get(path).content.decode()

    def test_the_provider_is_told_of_no_token_of_the_order(self, order, client, path):
        self.pay(client, path)
        told = attempt_told(PaymentAttempt.objects.select_related("order", "request").get())
        assert order.token not in "".join((told.token, told.return_url, told.cancel_url))
        assert client.get(urlsplit(told.return_url).path).url == path

    def test_asks_for_exactly_this_part_of_two_equal_ones(self, order, client):
        first, second = in_parts(order, 60, 60)
        self.charge(client, self.pay(client, linked(second), asked="60.00").url)
        assert (state(first), state(second)) == ("open", "paid")
        assert Order.objects.get(pk=order.pk).status == Order.Status.PLACED

    def test_of_several_payers_each_sees_their_own_part_alone(self, order, client):
        first, second = in_parts(order, 50, 70)
        linked(second)
        page = client.get(linked(first)).content.decode()
        assert "€50.00 to pay" in page
        assert "70.00" not in page
        assert "120.00" not in page

    def test_a_part_of_a_confirmed_order_is_paid_later(self, order, client):
        first, second = first_paid(order)
        self.charge(client, self.pay(client, linked(second), asked="70.00").url)
        assert (state(first), state(second)) == ("paid", "paid")

    @pytest.mark.parametrize("asked", ["", "60.00", "x"])
    def test_an_amount_that_was_not_shown_is_refused(self, client, path, asked):
        assert self.pay(client, path, asked=asked).url == path
        assert not PaymentAttempt.objects.exists()

    @pytest.mark.parametrize("method", ["", "transfer", "free", "on_account", "nobody"])
    def test_only_providers_with_a_page_are_taken(self, client, path, method):
        assert self.pay(client, path, method=method).url == path
        assert not PaymentAttempt.objects.exists()

    def test_nothing_is_begun_once_the_order_has_ended(self, order, client, path):
        cancel_order(order_id=order.pk, actor=None, now=timezone.now())
        assert self.pay(client, path).url == path
        assert not PaymentAttempt.objects.exists()
        assert client.post("/pay/unknown/", {"method": "sandbox"}).status_code == 404

    def test_is_limited(self, client, path, settings):
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, "pay link": "1/h/key"}
        self.pay(client, path)
        assert self.pay(client, path).status_code == 429


def test_what_a_confirmed_order_still_owes_is_paid_on_its_page(order, client):
    _first, second = first_paid(order)
    page = client.get(f"/orders/{order.token}/").content.decode()
    assert "Pay €70.00" in page
    assert 'value="transfer"' not in page
    bank = client.post(f"/orders/{order.token}/pay/", {"method": "sandbox"}).url
    client.post(bank, {"choice": "succeed"})
    assert state(second) == "paid"
    assert "Pay €" not in client.get(f"/orders/{order.token}/").content.decode()
    assert client.get(bank).status_code == 404


def linked(request: PaymentRequest) -> str:
    """Return the path of a request's pay link, made here."""
    give_link(request)
    return reverse("pay-link", args=[token_of(request)])


def first_paid(order: Order) -> list[PaymentRequest]:
    """Confirm an order by the first of its two parts, 50 € and 70 €."""
    Order.objects.update(release_rule="first")
    parts = in_parts(order, 50, 70)
    pay(order, amount=parts[0].amount, reference="deposit")
    return parts


def state(request: PaymentRequest) -> str:
    return PaymentRequest.objects.get(pk=request.pk).state
