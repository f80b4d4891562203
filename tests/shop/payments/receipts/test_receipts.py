"""Receipts of outside payers: by their pay link and in their mail, of what they have paid themselves."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from pypdf import PdfReader

from documents.issued.models import Document
from outbox.errors import ResendRefused
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from outbox.mails.services import resend_mail
from shop.orders.models import Order
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import start_payment
from shop.payments.providers.sandbox.provider import provider as sandbox
from shop.payments.registry import method_label
from shop.payments.requests.links import token_of
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.payers import ask_payer
from shop.seller.models import ShopIdentity
from tests.factories.accounts import UserFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.payments.requests.plans import piece

pytestmark = pytest.mark.django_db

OPCO = "files@opco.example.org"


@pytest.fixture
def client() -> Client:
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def order(probe_entry, diary) -> Order:
    ShopIdentity.objects.create(pk=1, name="Formations Amphi", street="1 rue Haute", postal_code="69001", city="Lyon")
    return place(make_cart(probe_entry), email="alice@example.org", contact_name="Alice Roy")


@pytest.fixture
def asked(order) -> PaymentRequest:
    """Part of 70 € that an OPCO is asked for."""
    return ask_payer(order_id=order.pk, amount=70, email=OPCO, actor=UserFactory(), now=timezone.now())


def link(asked: PaymentRequest) -> str:
    return reverse("pay-link", args=[token_of(asked)])


def receipts(client: Client, asked: PaymentRequest) -> list[str]:
    """Return the addresses of the receipts that the page of the pay link shows."""
    return re.findall(r"/pay/[\w-]+/receipts/\d+/", client.get(link(asked)).content.decode())


def pay_by_card(client: Client, asked: PaymentRequest) -> None:
    bank = client.post(link(asked), {"method": "sandbox", "asked": "70.00"}).url
    client.post(bank, {"choice": "succeed"})


def text_of(answer) -> str:
    [page] = PdfReader(BytesIO(answer.content)).pages
    return page.extract_text()


def told() -> list[Mail]:
    return list(Mail.objects.filter(kind="payer_received").order_by("pk"))


def in_english(mail: Mail) -> str:
    mail.language = "en"
    return render_mail(mail, blank_secrets=False).text


def test_a_link_that_is_not_paid_has_none(client, asked):
    assert receipts(client, asked) == []
    assert client.get(f"{link(asked)}receipts/1/").status_code == 404


def test_what_was_paid_by_the_link_is_said_and_no_more_of_the_order(client, order, asked):
    pay_by_card(client, asked)

    [url] = receipts(client, asked)
    answer = client.get(url)

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"] == f'attachment; filename="receipt-{order.number}-{url.split("/")[-2]}.pdf"'
    said = " ".join(text_of(answer).split())
    for text in ("Formations Amphi", "€70.00", order.number, OPCO, method_label("sandbox"), "no invoice"):
        assert text in said, text
    for secret in ("120", "50.00", order.contact_name, order.contact_email, order.token, order.lines.get().name):
        assert secret not in said, secret
    assert not Document.objects.filter(kind="receipt").exists()


def test_is_in_the_language_of_its_reader(client, asked):
    pay_by_card(client, asked)
    [url] = receipts(client, asked)

    assert "Reçu" in text_of(Client(headers={"accept-language": "fr"}).get(url))


def test_a_transfer_is_the_payers_and_each_piece_has_its_own(client, order, asked):
    piece(order, 50, "company")
    assert receipts(client, asked) == []  # of the other part

    piece(order, 30, "one")
    piece(order, 40, "two")

    urls = receipts(client, asked)
    assert [re.findall(r"€(\d\d)", text_of(client.get(url))) for url in urls] == [["30"], ["40"]]


def test_what_the_customer_paid_on_the_orders_page_is_none_of_the_payers(client, order, asked):
    start_payment(order=order, provider=sandbox, now=timezone.now(), request_id=asked.pk, by_link=False)
    client.post(reverse("sandbox-pay", args=[token_of(asked)]), {"choice": "succeed"})

    assert asked.allocations.exists()
    assert receipts(client, asked) == []


def test_two_tabs_share_one_payment_which_bears_by_which_page_somebody_came_last(order, asked):
    for by_link in (True, False, None):
        start_payment(order=order, provider=sandbox, now=timezone.now(), request_id=asked.pk, by_link=by_link)

    assert not PaymentAttempt.objects.get().by_link


def test_money_that_a_bank_took_back_has_none(client, order, asked):
    pay(order, provider="transfer", amount=Decimal(70), reference="one")
    [url] = receipts(client, asked)
    pay(order, provider="transfer", amount=Decimal(70), reference="one", kind="dispute_lost", event_id="back")

    assert receipts(client, asked) == []
    assert client.get(url).status_code == 404


def test_each_payer_sees_their_own_alone(client, order, asked):
    other = ask_payer(order_id=order.pk, amount=50, email="other@example.org", actor=UserFactory(), now=timezone.now())
    pay_by_card(client, asked)
    [url] = receipts(client, asked)

    assert client.get(url.replace(token_of(asked), token_of(other))).status_code == 404
    assert client.get(url.replace(token_of(asked), order.token)).status_code == 404
    assert receipts(client, other) == []


def test_is_kept_nowhere_found_by_no_search_and_named_to_no_other_site(client, asked):
    pay_by_card(client, asked)
    [url] = receipts(client, asked)

    for path in (url, url.replace(token_of(asked), "x")):
        answer = client.get(path)
        assert {"no-store", "private"} <= set(answer["Cache-Control"].split(", "))
        assert answer["Referrer-Policy"] == "same-origin"
    assert client.get(url)["X-Robots-Tag"] == "noindex"


def test_is_limited_as_are_guesses(client, asked, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "pay link receipt": "1/h/key", "unknown pay link": "1/10m/ip"}
    pay_by_card(client, asked)
    [url] = receipts(client, asked)

    assert [client.get(url).status_code for _again in range(2)] == [200, 429]
    guessed = [client.get(url.replace(token_of(asked), guess)).status_code for guess in ("x", "y")]
    assert guessed == [404, 429]


class TestMail:
    def test_thanks_the_payer_and_leads_to_the_receipt(self, client, order, asked):
        pay_by_card(client, asked)

        [mail] = told()
        assert mail.recipient == OPCO
        text = in_english(mail)
        assert f"We have received €70.00 from you for order {order.number}. Thank you." in text
        assert "There is nothing more to pay." in text
        assert link(asked) in text
        assert link(asked) not in render_mail(mail, blank_secrets=True).text

    def test_tells_what_is_still_to_pay(self, order, asked):
        piece(order, 50, "company")
        piece(order, 30, "one")

        [mail] = told()
        assert "Still to pay of your part: €40.00." in in_english(mail)

    def test_goes_to_the_address_that_was_asked_last(self, client, order, asked):
        later = timezone.now() + timedelta(minutes=1)
        ask_payer(order_id=order.pk, amount=70, email="new@opco.example.org", actor=UserFactory(), now=later)
        pay_by_card(client, asked)

        assert [mail.recipient for mail in told()] == ["new@opco.example.org"]

    def test_the_same_money_told_twice_is_one_mail(self, order, asked):
        pay(order, provider="transfer", amount=Decimal(70), reference="one", event_id="a")
        pay(order, provider="transfer", amount=Decimal(70), reference="one", event_id="b")

        assert len(told()) == 1

    def test_what_asked_for_the_part_is_not_sent_again_once_it_is_paid(self, order, asked):
        mail = Mail.objects.get(kind="payer_instructions")
        Mail.objects.filter(pk=mail.pk).update(state="failed")
        piece(order, 70, "opco")
        order.refresh_from_db()
        assert order.status == Order.Status.PLACED
        with override("en"), pytest.raises(ResendRefused, match="This part of the order is paid"):
            resend_mail(mail_id=mail.pk, now=timezone.now())

    def test_nobody_is_mailed_for_a_part_without_a_payer(self, order):
        pay(order)

        assert told() == []
