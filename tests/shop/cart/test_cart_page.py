"""The cart's page: quantities, live prices, and the cart's life across signing in and out."""

from decimal import Decimal

import pytest

from shop.cart import services as cart_services
from shop.cart.models import CartLine
from tests.factories.accounts import PASSWORD, UserFactory
from tests.factories.catalog import EntryFactory
from tests.shop.pages.test_entry_page import HOSTILE_QUANTITIES
from tests.shop.steps import cart_of, english_client, press_order, put_in_cart, signed_in, type_details, type_quantity

pytestmark = pytest.mark.django_db


def test_an_empty_cart_says_so(visitor):
    assert "Your cart is empty." in visitor.get("/cart/").content.decode()


def test_a_quantity_reaches_its_tier_and_the_whole_line_is_sold_at_it(visitor, entry):
    put_in_cart(visitor, entry, 9)
    assert visitor.get("/cart/").context["cart"].net == Decimal("900.00")
    assert type_quantity(visitor, 10, update="1").url == "/cart/"
    priced = visitor.get("/cart/").context["cart"]
    assert (priced.net, priced.tax, priced.gross) == (Decimal("800.00"), Decimal("160.00"), Decimal("960.00"))


@pytest.mark.parametrize("typed", HOSTILE_QUANTITIES)
def test_what_is_no_quantity_is_refused_and_stays_in_its_field(visitor, entry, typed):
    put_in_cart(visitor, entry, 3)
    answer = type_quantity(visitor, typed, **{"continue": "1"})
    assert answer.status_code == 200
    [row] = answer.context["rows"]
    assert row.error
    assert row.typed == typed[:20]
    assert cart_of(visitor).lines.get().quantity == 3


def test_a_wrong_quantity_does_not_lose_the_right_ones(visitor, entry):
    other = EntryFactory()
    put_in_cart(visitor, entry, 1)
    put_in_cart(visitor, other, 1)
    first, second = cart_of(visitor).lines.all()
    visitor.post("/cart/", {f"quantity-{first.pk}": "abc", f"quantity-{second.pk}": "7"})
    assert [line.quantity for line in cart_of(visitor).lines.all()] == [1, 7]


def test_a_line_is_removed(visitor, entry):
    put_in_cart(visitor, entry, 3)
    line = cart_of(visitor).lines.get()
    assert visitor.post("/cart/", {"remove": line.pk}).url == "/cart/"
    assert not CartLine.objects.exists()
    assert visitor.post("/cart/", {"remove": line.pk}).url == "/cart/"


def test_a_line_of_another_cart_is_out_of_reach(visitor, entry):
    neighbour = english_client()
    put_in_cart(neighbour, entry, 3)
    theirs = cart_of(neighbour).lines.get()
    put_in_cart(visitor, EntryFactory(), 1)
    visitor.post("/cart/", {"remove": theirs.pk, f"quantity-{theirs.pk}": "50"})
    theirs.refresh_from_db()
    assert theirs.quantity == 3


def test_getting_never_changes_a_cart(visitor, entry):
    put_in_cart(visitor, entry, 3)
    line = cart_of(visitor).lines.get()
    visitor.get("/cart/", {"remove": line.pk, f"quantity-{line.pk}": "9", "update": "1"})
    line.refresh_from_db()
    assert line.quantity == 3


def test_the_cart_survives_signing_in(visitor, entry):
    user = UserFactory()
    put_in_cart(visitor, entry, 3)
    visitor.post("/auth/login/", {"login": user.email, "password": PASSWORD})
    assert visitor.get("/cart/").context["cart"].lines[0].line.quantity == 3
    # The cart is the person's now: every browser signed in shows it, and this one no longer does after signing out.
    assert signed_in(user).get("/cart/").context["cart"].lines[0].line.quantity == 3
    visitor.post("/auth/logout/")
    assert visitor.get("/cart/").context["rows"] == []


def test_an_entry_that_left_the_sale_is_named_and_holds_the_checkout(visitor, entry):
    put_in_cart(visitor, entry, 3)
    entry.state = "suspended"
    entry.save()
    page = visitor.get("/cart/")
    assert page.context["cart"].lines[0].problems == ("This is not on sale for the moment.",)
    assert "This is not on sale for the moment." in page.content.decode()
    assert visitor.get("/checkout/details/").url == "/cart/"


def test_a_cart_that_was_ordered_meanwhile_takes_no_changes(visitor, entry):
    put_in_cart(visitor, entry, 3)
    cart = cart_of(visitor)
    cart.ordered_at = cart.created_at
    cart.save()
    assert type_quantity(visitor, 9, update="1").url == "/cart/"
    assert cart.lines.get().quantity == 3


def test_what_does_not_fit_into_the_persons_cart_is_named_and_comes_after_the_order(visitor, entry, monkeypatch):
    monkeypatch.setattr(cart_services, "MAX_LINES", 1)
    alice = UserFactory(email="alice@example.org")
    put_in_cart(signed_in(alice), entry)
    put_in_cart(visitor, EntryFactory(code="TABLE", name_en="Table"), 4)

    visitor.post("/auth/login/", {"login": alice.email, "password": PASSWORD})

    page = visitor.get("/cart/").content.decode()
    assert "Your cart is full. This waits, with all you typed, until you have placed the order: Table." in page
    assert [line.line.entry.code for line in visitor.get("/cart/").context["cart"].lines] == ["CHAIR"]
    type_details(visitor)
    assert press_order(visitor).status_code == 302
    page = visitor.get("/cart/")
    assert [(line.line.entry.code, line.line.quantity) for line in page.context["cart"].lines] == [("TABLE", 4)]
    assert "What did not fit into your last order is in your cart now." in page.content.decode()
