"""Customers correct the billing details of an order until its first document; then they are told how to ask for it."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.taxes.deciding import Supply
from documents.issued.models import Document
from outbox.mails.models import Mail
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.orders.placed_here import SESSION_KEY
from shop.papers.pro_forma import make_pro_forma
from shop.papers.services import issue_by_hand
from shop.payments.services import choose_method
from shop.vat_ids.models import VatCheck
from shop.vat_ids.selectors import digest_of
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, make_cart, pay, place, postal_address
from tests.shop.papers.given import SIRET, complete_seller
from tests.shop.steps import english_client, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return complete_seller()


@pytest.fixture
def owner():
    return MembershipFactory(is_owner=True)


@pytest.fixture
def order(seller, owner) -> Order:
    return place(
        make_cart(EntryFactory()), user=owner.user, account=owner.account, register_number=SIRET,
    )  # fmt: skip


def url(order: Order) -> str:
    return reverse("order-billing", args=[order.token])


def as_shown(client, order: Order) -> dict[str, str]:
    form = client.get(url(order)).context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def corrected(client, order: Order, **typed: str):
    return client.post(url(order), {**as_shown(client, order), **typed})


def events(order: Order):
    return order.events.filter(what=OrderEvent.What.BILLING_CORRECTED)


def test_an_owner_corrects_them_and_the_history_tells_from_what(owner, order):
    client = signed_in(owner.user)
    assert url(order) in client.get(reverse("order", args=[order.token])).content.decode()

    done = corrected(client, order, billing_name="Ateliers Martin SAS", city="Brest", purchase_reference="BC 12")

    assert done["location"] == reverse("order", args=[order.token])
    before, order = order, Order.objects.get(pk=order.pk)
    assert (order.billing_name, order.billing_city, order.purchase_reference) == (
        "Ateliers Martin SAS",
        "Brest",
        "BC 12",
    )
    event = events(order).get()
    assert event.actor == owner.user
    assert event.detail["changes"] == {
        "billing_name": [before.billing_name, "Ateliers Martin SAS"],
        "billing_city": [before.billing_city, "Brest"],
        "purchase_reference": ["", "BC 12"],
    }


def test_the_invoice_says_what_was_corrected(owner, order):
    corrected(signed_in(owner.user), order, city="Brest")
    pay(order)
    assert Document.objects.get().data["buyer"]["city"] == "Brest"


def test_a_pro_forma_invoice_binds_nothing_and_is_made_anew(owner, order):
    make_pro_forma(order_id=order.pk, actor=None, now=timezone.now())
    corrected(signed_in(owner.user), order, city="Brest")
    make_pro_forma(order_id=order.pk, actor=None, now=timezone.now())
    said = Document.objects.order_by("pk").values_list("data__buyer__city", flat=True)
    assert list(said) == [order.billing_city, "Brest"]


@pytest.mark.parametrize(("role", "status"), [("is_accountant", 200), ("is_operator", 404), ("is_buyer", 404)])
def test_by_role(owner, order, role, status):
    member = MembershipFactory(account=owner.account, is_owner=False, **{role: True})
    client = signed_in(member.user)
    assert (client.get(url(order)).status_code, client.post(url(order)).status_code) == (status, status)


def test_orders_of_another_account_do_not_exist(order):
    client = signed_in(MembershipFactory(is_owner=True).user)
    assert (client.get(url(order)).status_code, client.post(url(order)).status_code) == (404, 404)


def test_a_visitor_corrects_an_unclaimed_order_by_its_link(seller):
    order = place(make_cart(EntryFactory()), email="alice@example.org", register_number=SIRET)
    assert corrected(english_client(), order, street="4 rue du Port").status_code == 302
    assert Order.objects.get().billing_street == "4 rue du Port"
    assert events(order).get().actor is None


def test_a_browser_that_placed_an_order_claimed_since_sees_no_address(owner, order):
    client = english_client()
    session = client.session
    session[SESSION_KEY] = [order.pk]
    session.save()
    assert client.get(reverse("order", args=[order.token])).status_code == 200
    assert client.get(url(order)).status_code == 404


def test_two_tabs_the_second_is_told_both_values_and_loses_nothing(owner, order):
    client = signed_in(owner.user)
    form = as_shown(client, order)
    corrected(client, order, city="Brest")

    answer = client.post(url(order), {**form, "city": "Lyon", "purchase_reference": "BC 12"})

    told = answer.content.decode()
    assert "Meanwhile changed to “Brest”" in told
    assert 'value="Lyon"' in told
    assert 'value="BC 12"' in told
    assert Order.objects.get().billing_city == "Brest"


def test_nothing_changed_is_said(owner, order):
    answer = corrected(signed_in(owner.user), order)
    assert "Nothing was changed" in answer.content.decode()
    assert not events(order).exists()


class TestRulesOfYourDetails:
    def test_a_company_needs_name_and_number(self, owner, order):
        answer = corrected(signed_in(owner.user), order, billing_name="", register_number="", street="")
        assert set(answer.context["form"].errors) == {"billing_name", "register_number", "street"}

    def test_a_wrong_siret_is_refused_at_its_field(self, owner, order):
        answer = corrected(signed_in(owner.user), order, register_number="73282932000079")
        assert set(answer.context["form"].errors) == {"register_number"}

    def test_the_kind_of_buyer_is_told_and_no_field(self, owner, order):
        page = signed_in(owner.user).get(url(order))
        assert "Kind of buyer: Company or association" in page.content.decode()
        assert "kind" not in page.context["form"].fields

    def test_a_private_person_has_one_name(self, seller):
        cart = make_cart(EntryFactory(vocational="no"))
        order = place(cart, email="alice@example.org", is_organisation=False, contact_name="Alice Martin")
        client = english_client()
        assert set(as_shown(client, order)) == {
            "contact_name", "street", "postal_code", "city", "country", "made_from"
        }  # fmt: skip
        corrected(client, order, contact_name="Alice Petit")
        order.refresh_from_db()
        assert (order.contact_name, order.billing_name) == ("Alice Petit", "Alice Petit")

    def test_a_public_body_has_a_service_code(self, owner, order):
        Order.objects.update(is_public_body=True)
        corrected(signed_in(owner.user), order, service_code="S12", commitment_number="EJ 1")
        order = Order.objects.get()
        assert (order.service_code, order.commitment_number) == ("S12", "EJ 1")


class TestTaxes:
    """Taxes stay as they were sold."""

    def sold(self, country: str, vat_id: str = "", **entry: str) -> Order:
        cart = make_cart(EntryFactory(**entry))
        address = postal_address(country=country)
        return place(cart, email="alice@example.org", address=address, vat_id=vat_id, register_number="HRB 12345")

    def test_a_number_that_freed_of_tax_stays_there(self, seller):
        order = self.sold("DE", "DE136695976", supply=Supply.LIVE)
        answer = corrected(english_client(), order, vat_id="")
        assert "The tax of this order follows from" in answer.content.decode()
        assert Order.objects.get().vat_id == "DE136695976"

    def test_another_number_of_the_same_country_is_asked_of_vies(self, seller, settings):
        settings.VIES_URL = "http://vies.invalid"
        order = self.sold("DE", "DE136695976", supply=Supply.LIVE)
        assert corrected(english_client(), order, vat_id="DE811569869").status_code == 302
        assert VatCheck.objects.get(order=order).digest == digest_of("DE811569869")

    def test_the_country_that_decides_stays(self, seller):
        order = self.sold("DE", supply=Supply.LIVE)
        assert (
            "The tax of this order"
            in corrected(english_client(), order, country="FR", register_number=SIRET).content.decode()
        )
        assert Order.objects.get().billing_country == "DE"

    def test_a_country_that_decides_nothing_is_corrected(self, seller):
        order = self.sold("DE", supply=Supply.ON_SITE)
        answer = corrected(english_client(), order, country="US")
        assert answer.status_code == 302, answer.context["form"].errors
        assert Order.objects.get().billing_country == "US"


class TestOnceIssued:
    @pytest.fixture
    def issued(self, order) -> Order:
        pay(order)
        assert Document.objects.get().kind == Document.Kind.INVOICE
        return order

    def test_the_page_says_how_to_ask(self, owner, issued):
        page = signed_in(owner.user).get(url(issued)).content.decode()
        assert "It stays as it is" in page
        assert "mailto:aide@amphi.example" in page
        assert "12 rue des Écoles" in page
        assert '<form method="post" action="' + url(issued) not in page

    def test_what_was_typed_before_is_shown_to_copy(self, owner, order):
        client = signed_in(owner.user)
        form = as_shown(client, order)
        pay(order)
        answer = client.post(url(order), {**form, "city": "Brest", "country": "BE"})
        assert answer.status_code == 409
        assert "Brest" in answer.content.decode()
        assert "Belgium" in answer.content.decode()
        assert Order.objects.get().billing_city != "Brest"
        assert not events(order).exists()

    def test_a_paid_order_whose_invoice_is_missing_is_still_corrected(self, owner, order):
        Order.objects.update(register_number="")
        pay(order)
        assert not Document.objects.exists()
        corrected(signed_in(owner.user), order, register_number=SIRET)
        assert issue_by_hand(order_id=order.pk, actor=None, now=timezone.now())


def test_an_order_that_is_over_is_not_corrected(owner, order):
    Order.objects.update(status="cancelled")
    assert "This order is over" in signed_in(owner.user).get(url(order)).content.decode()
    assert signed_in(owner.user).post(url(order)).status_code == 409


def test_too_many_corrections_have_to_wait(owner, order, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"billing details": "1/h/key"}
    client = signed_in(owner.user)
    corrected(client, order, city="Brest")
    assert corrected(client, order, city="Lyon").status_code == 429


class TestPayer:
    """Somebody else pays by transfer, and is mailed how."""

    @pytest.fixture
    def order(self, seller) -> Order:
        order = place(
            make_cart(EntryFactory()), email="alice@example.org", register_number=SIRET, payer_email="old@example.org"
        )
        choose_method(order_id=order.pk, method="transfer", actor=None, now=timezone.now())
        return order

    def told(self) -> list[tuple[str, str]]:
        mails = Mail.objects.filter(kind__startswith="payer_").order_by("pk")
        return list(mails.values_list("kind", "recipient"))

    def test_the_right_address_is_mailed_and_hears_the_rest_alone(self, order):
        corrected(english_client(), order, payer_email="new@example.org")
        pay(order)
        deliver(order)

        assert self.told() == [
            ("payer_instructions", "old@example.org"),
            ("payer_instructions", "new@example.org"),
            ("payer_nothing_due", "new@example.org"),
        ]

    def test_each_address_once_and_few_of_them(self, order):
        for number in (1, 2, 1, 3, 4):
            corrected(english_client(), order, payer_email=f"payer{number}@example.org")

        assert [recipient for _kind, recipient in self.told()] == [
            "old@example.org", "payer1@example.org", "payer2@example.org",
        ]  # fmt: skip

    def test_before_a_transfer_was_chosen_nobody_is_mailed(self, seller):
        order = place(make_cart(EntryFactory()), email="alice@example.org", register_number=SIRET)
        corrected(english_client(), order, payer_email="new@example.org")

        assert self.told() == []
