"""Several payers of one order, such as a company and its OPCO: each is asked for their own part, and sees no other."""

import re
from decimal import Decimal

import pytest
from django.utils import timezone

from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.models import Order
from shop.payments.requests.asked import asked_of
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.payers import NoSuchShare, ask_payer
from tests.factories.accounts import UserFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.admin_pages import order_url
from tests.shop.merchants import browser_of, staff
from tests.shop.payments.requests.plans import in_parts, piece

pytestmark = pytest.mark.django_db
OPCO = "files@opco.example.org"


@pytest.fixture
def order(probe_entry, diary) -> Order:
    return place(make_cart(probe_entry))


def ask(order: Order, amount: int | str, email: str = OPCO) -> PaymentRequest:
    told = {"actor": UserFactory(is_staff=True), "now": timezone.now()}
    return ask_payer(order_id=order.pk, amount=Decimal(amount), email=email, **told)


def mailed() -> tuple[str, str]:
    """Return the text of the last mail to a payer, and the path of its link."""
    mail = Mail.objects.filter(kind="payer_instructions").latest("pk")
    assert mail.recipient == OPCO
    mail.language = "en"
    text = render_mail(mail, blank_secrets=False).text
    [path] = re.findall(r"/pay/[\w-]+/", text)
    return text, path


def parts(order: Order) -> list[tuple[Decimal, str]]:
    return [(each.asks, each.request.state) for each in asked_of(order)]


def test_a_share_is_taken_from_the_whole_and_asked_of_its_payer_alone(order, client):
    ask(order, 70)
    assert parts(order) == [(50, "open"), (70, "open")]
    text, path = mailed()
    assert "€70.00" in text
    page = client.get(path, headers={"accept-language": "en"}).content.decode()
    assert "€70.00 to pay" in page
    for other in ("50.00", "120.00", order.token):
        assert other not in text + page


def test_both_pay_and_the_order_is_confirmed_by_the_second(order, client):
    ask(order, 60)
    _text, path = mailed()
    bank = client.post(path, {"method": "sandbox", "asked": "60.00"}).url
    client.post(bank, {"choice": "succeed"})
    order.refresh_from_db()
    assert (parts(order), order.status) == ([(60, "open"), (60, "paid")], "placed")
    pay(order, amount=Decimal(60), reference="company")
    order.refresh_from_db()
    assert order.status == "paid"


def test_an_open_part_is_asked_of_a_payer_as_it_is(order):
    first, second = in_parts(order, 50, 70)
    assert ask(order, 70) == second
    assert ask(order, 50) == first
    assert Mail.objects.filter(kind="payer_instructions").count() == 2


@pytest.mark.parametrize("amount", ["0", "120.01", "-5"])
def test_an_amount_that_is_no_share_is_refused(order, amount):
    with pytest.raises(NoSuchShare):
        ask(order, amount)
    assert parts(order) == [(120, "open")]


def test_nothing_is_divided_once_something_has_come(order):
    piece(order, 20, "first")
    with pytest.raises(NoSuchShare):
        ask(order, 120)
    assert not Mail.objects.filter(kind="payer_instructions").exists()


@pytest.mark.parametrize("status", ["cancelled", "expired"])
def test_nobody_is_asked_for_an_order_that_has_ended(order, status):
    Order.objects.update(status=status)
    with pytest.raises(NoSuchShare):
        ask(order, 120)


def test_the_merchant_asks_on_a_page(order):
    client = browser_of(staff("shop.view_order", "shop.confirm_money"))
    assert order_url(order, "payer") in client.get(order_url(order)).content.decode()
    refused = client.post(order_url(order, "payer"), {"amount": "500", "email": OPCO})
    assert "Type the amount of a part" in refused.content.decode()
    assert client.post(order_url(order, "payer"), {"amount": "70", "email": OPCO}).status_code == 302
    assert parts(order) == [(50, "open"), (70, "open")]
    assert browser_of(staff("shop.view_order")).get(order_url(order, "payer")).status_code == 403
