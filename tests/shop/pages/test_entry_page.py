"""The page of one entry: its prices, its limits, and the button into the cart."""

from decimal import Decimal

import pytest

from shop.cart.models import Cart, CartLine
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.shop.steps import cart_of, put_in_cart, signed_in

pytestmark = pytest.mark.django_db

HOSTILE_QUANTITIES = ["0", "-1", "1e9", "abc", "١", "1.5", "", "1_000", "+1", "99999999999999999999", "１"]


def test_tiers_are_shown_with_their_range_gross_price_and_saving(visitor, entry):
    rows = visitor.get("/e/CHAIR/").context["prices"]
    assert [(row.from_quantity, row.upto, row.unit_net, row.unit_gross, row.saving) for row in rows] == [
        (1, 9, Decimal("100.00"), Decimal("120.00"), 0),
        (10, None, Decimal("80.00"), Decimal("96.00"), 20),
    ]


def test_an_entry_says_what_happens_once_it_is_paid(visitor, entry_with_forms):
    page = visitor.get("/e/FORMS/").content.decode()
    assert "What happens once it is paid" in page
    assert "a short form for each unit" in page


@pytest.mark.parametrize(
    ("description", "times"),
    [("<p>Sit &amp; learn.</p><p>In two days.</p>", 1), ("<p>In two days. Sit &amp; learn.</p>", 2), ("", 1)],
)
def test_a_summary_with_which_the_description_begins_is_not_repeated(visitor, description, times):
    EntryFactory(code="SIT", summary_en="Sit & learn.", description_en=description)
    assert visitor.get("/e/SIT/").content.decode().count("Sit &amp; learn.") == times


def test_an_unknown_entry_does_not_exist(visitor, entry):
    assert visitor.get("/e/NOPE/").status_code == 404
    assert visitor.post("/e/NOPE/", {"quantity": 1}).status_code == 404


def test_a_draft_does_not_exist_for_a_visitor(visitor):
    EntryFactory(code="DRAFT", state="draft")
    assert visitor.get("/e/DRAFT/").status_code == 404
    assert visitor.post("/e/DRAFT/", {"quantity": 1}).status_code == 404


def test_another_spelling_of_the_code_leads_to_the_right_one(visitor, entry):
    answer = visitor.get("/e/chair/")
    assert (answer.status_code, answer.url) == (301, "/e/CHAIR/")


def test_a_suspended_entry_is_shown_and_not_sold(visitor):
    EntryFactory(code="LATER", state="suspended")
    page = visitor.get("/e/LATER/")
    assert "not on sale for the moment" in page.content.decode()
    assert "Add to the cart" not in page.content.decode()
    assert visitor.post("/e/LATER/", {"quantity": 1}).status_code == 200
    assert not CartLine.objects.exists()


def test_an_entry_for_members_asks_a_visitor_to_sign_in(visitor):
    EntryFactory(code="MEMBERS", audience="members")
    page = visitor.get("/e/MEMBERS/")
    assert "Please sign in to buy this." in page.content.decode()
    assert "next=/e/MEMBERS/" in page.content.decode()
    visitor.post("/e/MEMBERS/", {"quantity": 1})
    assert not CartLine.objects.exists()
    assert put_in_cart(signed_in(UserFactory()), EntryFactory(audience="members")).status_code == 302


def test_an_entry_for_customers_is_not_sold_to_somebody_who_never_paid():
    EntryFactory(code="CUSTOMERS", audience="customers")
    page = signed_in(UserFactory()).get("/e/CUSTOMERS/").content.decode()
    assert "customers who have paid an order before" in page


def test_a_quantity_goes_into_the_cart(visitor, entry):
    answer = put_in_cart(visitor, entry, 3)
    assert (answer.status_code, answer.url) == (302, "/cart/")
    assert cart_of(visitor).lines.get().quantity == 3


def test_the_same_again_adds_to_the_line(visitor, entry):
    put_in_cart(visitor, entry, 3)
    put_in_cart(visitor, entry, 2)
    assert cart_of(visitor).lines.get().quantity == 5


@pytest.mark.parametrize("typed", HOSTILE_QUANTITIES)
def test_what_is_no_quantity_is_refused_at_its_field(visitor, entry, typed):
    answer = put_in_cart(visitor, entry, typed)
    assert answer.status_code == 200
    assert "quantity" in answer.context["form"].errors
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not CartLine.objects.exists()


def test_the_limits_of_an_entry_are_told_and_kept(visitor):
    limited = EntryFactory(code="LIMITED", min_quantity=2, max_quantity=4)
    assert visitor.get("/e/LIMITED/").context["form"]["quantity"].value() == 2
    for quantity, sentence in (("1", "The smallest quantity is 2."), ("5", "The largest quantity is 4.")):
        answer = put_in_cart(visitor, limited, quantity)
        assert answer.context["form"].errors["quantity"] == [sentence]
    assert not Cart.objects.exists()
    assert "cart" not in visitor.session


def test_what_is_refused_leaves_the_cart_as_it_was(visitor, entry):
    put_in_cart(visitor, entry, 3)
    before = Cart.objects.values().get()

    put_in_cart(visitor, EntryFactory(code="LIMITED", max_quantity=4), "5")

    assert Cart.objects.values().get() == before
    assert CartLine.objects.get().entry == entry


def test_looking_makes_no_cart(visitor, entry):
    visitor.get("/e/CHAIR/", {"quantity": 3})
    visitor.get("/cart/")
    assert not Cart.objects.exists()


def test_a_form_from_another_site_is_not_accepted(entry):
    from django.test import Client

    answer = Client(enforce_csrf_checks=True, headers={"accept-language": "en"}).post("/e/CHAIR/", {"quantity": 1})
    assert answer.status_code == 403
    assert "The form was not accepted" in answer.content.decode()
    assert not Cart.objects.exists()
