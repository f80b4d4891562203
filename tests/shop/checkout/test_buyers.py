"""Kinds of buyer: the table of rules row by row, and the details each is asked for."""

import pytest
from django.utils import timezone

from accounts.members.models import Buyer, CustomerAccount
from common.personal_data import Person
from common.tidying import tidy
from shop.checkout.buyers import TABLE, methods_allowed, rules_for
from shop.orders.copied.services import let_customers_go
from shop.orders.models import Order
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory
from tests.factories.shop import make_cart, place
from tests.shop.steps import order_as_visitor, press_order, put_in_cart, signed_in, type_details

METHODS = ["sandbox", "transfer", "on_account", "public_mandate", "delegated"]


@pytest.mark.parametrize(
    ("buyer", "is_vocational", "needs_number", "methods", "withdrawal_days", "pays_at_once", "first_part", "is_sold"),
    [
        (Buyer.COMPANY, False, True, ["sandbox", "transfer", "on_account", "delegated"], None, True, None, True),
        (Buyer.COMPANY, True, True, ["sandbox", "transfer", "on_account", "delegated"], None, True, None, True),
        (Buyer.PUBLIC, False, True, METHODS, None, True, None, True),
        (Buyer.PUBLIC, True, True, METHODS, None, True, None, True),
        (Buyer.PERSON, False, False, ["sandbox", "transfer", "delegated"], 14, True, None, True),
        (Buyer.PERSON, True, False, ["sandbox", "transfer", "delegated"], 14, False, 30, False),
    ],
)
def test_each_row_of_the_table(
    buyer, is_vocational, needs_number, methods, withdrawal_days, pays_at_once, first_part, is_sold
):
    rules = rules_for(buyer, is_vocational=is_vocational)
    assert ("register_number" in rules.needs) is needs_number
    assert methods_allowed(buyer, METHODS) == methods
    assert (rules.withdrawal_days, rules.pays_at_once, rules.first_part_at_most, rules.is_sold) == (
        withdrawal_days, pays_at_once, first_part, is_sold,
    )  # fmt: skip
    assert rules.articles
    assert ({"service_code", "commitment_number"} <= rules.asks) is (buyer == Buyer.PUBLIC)


def test_the_table_has_a_row_for_every_buyer():
    assert set(TABLE) == {(buyer, is_vocational) for buyer in Buyer for is_vocational in (False, True)}


# --- At «your details» ---

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer(visitor, entry):
    put_in_cart(visitor, entry)
    return visitor


@pytest.mark.parametrize("kind", ["organisation", "public_body"])
def test_an_organisation_has_to_type_its_number(buyer, kind):
    answer = type_details(buyer, kind=kind, register_number="")
    assert set(answer.context["form"].errors) == {"register_number"}
    answer = type_details(buyer, kind=kind, register_number="732 829 320 00079")
    assert set(answer.context["form"].errors) == {"register_number"}
    assert 'value="732 829 320 00079"' in answer.content.decode()
    answer = type_details(buyer, kind=kind, country="DE", register_number="")
    assert set(answer.context["form"].errors) == {"register_number"}


def test_what_a_public_body_types_is_frozen_on_its_order_and_kept_by_its_account(visitor, entry):
    order = order_as_visitor(
        visitor, entry, kind="public_body", billing_name="Ville de Nantes", register_number="732 829 320 00074",
        service_code="SCE-12", commitment_number="EJ 2026-81",
    )  # fmt: skip
    assert (order.bought_by, order.is_organisation) == (Buyer.PUBLIC, True)
    assert (order.register_number, order.service_code, order.commitment_number) == (
        "73282932000074", "SCE-12", "EJ 2026-81",
    )  # fmt: skip
    account = order.account
    assert (account.buyer, account.kind) == (Buyer.PUBLIC, CustomerAccount.Kind.ORGANISATION)
    assert (account.register_number, account.service_code) == ("73282932000074", "SCE-12")


def test_a_company_has_no_service_code_whatever_is_posted(visitor, entry):
    order = order_as_visitor(visitor, entry, service_code="SCE-12", commitment_number="EJ 2026-81")
    assert (order.bought_by, order.service_code, order.commitment_number) == (Buyer.COMPANY, "", "")
    assert not order.is_public_body


def test_a_private_person_has_no_number_whatever_is_posted(visitor, entry):
    order = order_as_visitor(visitor, entry, kind="person", register_number="nonsense", service_code="x")
    assert (order.bought_by, order.register_number, order.service_code) == (Buyer.PERSON, "", "")


def test_the_account_says_the_kind_and_is_asked_once(entry):
    account = CustomerAccountFactory(is_public_body=True, register_number="", service_code="OLD")
    user = MembershipFactory(account=account).user
    client = signed_in(user)
    put_in_cart(client, entry)
    form = client.get("/checkout/details/").context["form"]
    assert "kind" not in form.fields
    assert {"register_number", "service_code", "commitment_number"} <= set(form.fields)
    typed = {"account": account.pk, "operator": user.pk, "kind": "person"}
    type_details(client, **typed, register_number="73282932000074", service_code="NEW")
    press_order(client)
    assert Order.objects.get().bought_by == Buyer.PUBLIC
    account.refresh_from_db()
    # Only what was missing is kept: the rest is changed in the account's details.
    assert (account.register_number, account.service_code) == ("73282932000074", "OLD")
    put_in_cart(client, entry)
    form = client.get(f"/checkout/details/?account={account.pk}").context["form"]
    assert form["register_number"].value() == "73282932000074"


def test_an_account_of_the_last_release_that_became_private_is_a_person():
    assert CustomerAccount(kind="person", is_public_body=True).buyer == Buyer.PERSON


def test_the_numbers_of_an_erased_customer_are_kept_for_accounting_alone(entry):

    order = place(make_cart(entry), is_public_body=True, register_number="73282932000074", service_code="SCE-12")
    person = Person(key=0, emails=frozenset({order.contact_email}), names=frozenset())
    let_customers_go(order_ids=[order.pk], person=person, now=timezone.now())
    order.refresh_from_db()
    assert order.is_closed
    assert (order.register_number, order.service_code, order.commitment_number) == ("", "", "")


def test_numbers_that_the_release_before_left_on_a_closed_order_are_emptied(entry):
    order = place(make_cart(entry), is_public_body=True, register_number="73282932000074")
    let_customers_go(order_ids=[order.pk], person=Person(key=0, emails=frozenset()), now=timezone.now())
    Order.objects.filter(pk=order.pk).update(register_number="73282932000074", commitment_number="EJ 81")
    assert tidy("erased_units", now=timezone.now()) == 1
    assert Order.objects.filter(pk=order.pk, register_number="", commitment_number="").exists()
    assert tidy("erased_units", now=timezone.now()) == 0
