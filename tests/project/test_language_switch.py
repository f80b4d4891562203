"""The language switch keeps what stands in the page's form, without saving or checking it."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.members.models import MemberInvitation
from shop.cart.models import CartUnit
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.shop.probes import diary as diary
from tests.shop.steps import VISITOR_DETAILS, cart_of, english_client, put_in_cart, signed_in
from tests.shop.visitors import entry as entry
from tests.shop.visitors import visitor as visitor

pytestmark = pytest.mark.django_db

TO_FRENCH = {"switch_language": "fr"}


def switch(client: Client, address: str, typed: dict) -> str:
    answer = client.post(address, typed | TO_FRENCH)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert '<html lang="fr">' in page
    assert client.cookies["django_language"].value == "fr"
    assert "no-store" in answer["Cache-Control"]
    return page


def test_the_buttons_belong_to_the_form_of_the_page(visitor, entry):
    put_in_cart(visitor, entry)
    page = visitor.get("/checkout/details/?account=new").content.decode()
    assert page.count('<form id="typed"') == 1
    assert 'form="typed" formaction="/checkout/details/?account=new" formnovalidate name="switch_language"' in page
    assert 'name="language" value="fr"' in visitor.get("/").content.decode()


def test_details_come_again_in_the_other_language(visitor, entry):
    put_in_cart(visitor, entry)
    page = switch(visitor, "/checkout/details/", VISITOR_DETAILS | {"kind": "person", "country": "BE", "city": ""})
    assert "Vos coordonnées" in page
    assert 'value="Ateliers Martin"' in page
    assert '<option value="BE" selected>Belgique</option>' in page
    assert 'id="form-errors"' not in page
    assert cart_of(visitor).details == {}


def test_units_come_again(visitor, diary):
    entry = EntryFactory(handler="std_formprobe")
    put_in_cart(visitor, entry, 2)
    line = cart_of(visitor).lines.get()
    page = switch(visitor, "/checkout/units/?page=1", {f"unit-{line.pk}-0-name": "Ann", f"unit-{line.pk}-1-name": ""})
    assert 'value="Ann"' in page
    assert not CartUnit.objects.exists()


def test_a_quantity_in_the_cart_comes_again(visitor, entry):
    put_in_cart(visitor, entry)
    line = cart_of(visitor).lines.get()
    page = switch(visitor, "/cart/", {f"quantity-{line.pk}": "7", "remove": str(line.pk)})
    assert 'value="7"' in page
    assert cart_of(visitor).lines.get().quantity == 1


def test_forms_of_the_account_area_come_again_and_nothing_is_sent():
    account = CustomerAccountFactory(city="Lyon")
    client = signed_in(MembershipFactory(account=account).user)
    address = client.get("/account/members/", follow=True).request["PATH_INFO"]
    page = switch(client, address, {"email": "new@example.org", "is_buyer": "on"})
    assert 'value="new@example.org"' in page
    assert not MemberInvitation.objects.exists()
    address = client.get("/account/details/", follow=True).request["PATH_INFO"]
    page = switch(client, address, {"form": "account", "name": "Alpha", "city": "Lille"})
    assert 'value="Lille"' in page
    account.refresh_from_db()
    assert account.city == "Lyon"


def test_sign_up_comes_again_without_the_password(visitor):
    page = switch(visitor, "/auth/signup/", {"email": "a@example.org", "password1": "not-in-the-page"})
    assert 'value="a@example.org"' in page
    assert "not-in-the-page" not in page


def test_the_token_is_asked_for(entry):
    client = Client(enforce_csrf_checks=True)
    assert client.post("/auth/signup/", {"email": "a@example.org"} | TO_FRENCH).status_code == 403
    assert "django_language" not in client.cookies


def test_the_enter_key_still_presses_the_forms_own_button(visitor, entry):
    put_in_cart(visitor, entry)
    page = visitor.get("/cart/").content.decode()
    buttons = [tag for tag in re.findall(r"<button[^>]*>", page) if 'form="typed"' in tag]
    assert 'name="update" value="1"' in buttons[0]
    assert 'name="switch_language"' in buttons[1]


def test_consent_to_an_order_is_given_again(visitor, entry):
    put_in_cart(visitor, entry)
    visitor.post("/checkout/details/", VISITOR_DETAILS)
    page = visitor.get("/checkout/review/").content.decode()
    assert 'name="language" value="fr"' in page
    assert "switch_language" not in page


def test_an_unknown_language_is_no_switch(visitor, entry):
    put_in_cart(visitor, entry)
    answer = visitor.post("/checkout/details/", VISITOR_DETAILS | {"switch_language": "xx"})
    assert answer.url == "/checkout/review/"


def test_a_page_without_form_is_switched_as_ever():
    client = english_client()
    assert client.post("/i18n/setlang/", {"language": "fr", "next": "/"}).url == "/"
    assert '<html lang="fr">' in client.get("/").content.decode()
