"""One more part of a billing address needs its field, its columns, its form field and its line: nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone
from django.utils.translation import override

from accounts.members.details import AccountDetails, save_account_details
from accounts.members.forms.details import AccountDetailsForm
from accounts.members.models import CustomerAccount
from common.postal import PARTS, PostalAddress
from shop.checkout.forms.details import DetailsForm
from shop.orders.models import Order
from shop.seller.models import FrozenSeller, ShopIdentity
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place, postal_address

FULL = PostalAddress(**{part: f"Some {part}" for part in PARTS if part != "country"} | {"country": "BE"})


@pytest.mark.parametrize("part", PARTS)
def test_each_part_is_stored_asked_for_and_shown(part):
    Order._meta.get_field(f"billing_{part}")
    CustomerAccount._meta.get_field(part)
    checkout = DetailsForm(user=None)
    account = AccountDetailsForm(instance=CustomerAccount())

    place_in_form = PARTS.index(part)
    assert checkout.address_fields()[place_in_form].name == DetailsForm.renamed.get(part, part)
    assert account.address_fields()[place_in_form].name == part
    with override("en"):
        lines = FULL.lines
    assert any(("Belgium" if part == "country" else f"Some {part}") in line for line in lines)


@pytest.mark.django_db
def test_an_order_and_the_account_it_opens_keep_every_part():
    order = place(make_cart(EntryFactory()), address=FULL)

    order.refresh_from_db()
    assert order.billing_address == order.account.address == FULL


@pytest.mark.django_db
def test_saving_the_details_of_an_account_keeps_every_part():
    account = CustomerAccountFactory()

    save_account_details(
        account_id=account.pk,
        details=AccountDetails(kind="person", address=FULL),
        actor=UserFactory(),
        now=timezone.now(),
    )

    account.refresh_from_db()
    assert account.address == FULL


@pytest.mark.django_db
def test_forms_start_from_the_address_and_give_it_back():
    account = CustomerAccount(kind="organisation", **FULL.columns())
    form = AccountDetailsForm(instance=account)
    posted = {field.name: str(field.value()) for field in form.address_fields()} | {"kind": "organisation"}

    again = AccountDetailsForm(posted, instance=account)

    assert again.is_valid(), again.errors
    assert again.to_details().address == FULL


def test_the_checkout_posts_the_name_as_carts_keep_it():
    posted = DetailsForm.initial_of(FULL) | {"email": "a@example.org", "contact_name": "Alice", "kind": "organisation"}
    posted["register_number"] = "0403170701"

    form = DetailsForm(posted, user=None)

    assert form.is_valid(), form.errors
    assert "billing_name" in posted
    assert form.to_details().address == FULL


def test_lines_are_in_the_readers_language_and_leave_out_what_is_blank():
    germany = postal_address(country="DE")

    with override("en"):
        assert germany.lines == ["Ateliers Roy", "3 rue du Port", "44000 Nantes", "Germany"]
        assert replace(germany, street="", postal_code="").lines == ["Ateliers Roy", "Nantes", "Germany"]
    with override("fr"):
        assert germany.lines_below_name == ["3 rue du Port", "44000 Nantes", "Allemagne"]
    assert PostalAddress(name="Ateliers Roy").lines == ["Ateliers Roy"]
    assert PostalAddress(name="").lines == []


@pytest.mark.parametrize("model", [ShopIdentity, FrozenSeller, CustomerAccount])
def test_an_address_is_read_off_a_row(model):
    assert PostalAddress.of(model(**FULL.columns())) == FULL


def test_an_address_stored_on_several_lines_is_read_as_one_line():
    account = CustomerAccount(name="Ateliers Roy", street="Bâtiment B\r\n3 rue du Port")

    assert account.address.street == "Bâtiment B, 3 rue du Port"
