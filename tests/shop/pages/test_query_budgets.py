"""Number of queries of each page, whatever its content."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import CategoryFactory, EntryFactory
from tests.factories.entry_fields import ask, make_field
from tests.factories.shop import make_cart, place
from tests.shop.steps import put_in_cart, signed_in, type_details, type_units

pytestmark = pytest.mark.django_db

CATALOGUE_AT_MOST = 7
# An entry of unassigned seats names the courses that are open now.
COURSES_LISTED = 1
# Who buys and places people may begin with a list of them: their accounts, and the fields that the entry asks.
LINK_TO_BEGIN_WITH_A_LIST = 2


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.fixture
def catalogue():
    shelves = [CategoryFactory(slug=f"shelf-{letter}") for letter in "abc"]
    for number in range(20):
        EntryFactory(
            code=f"E-{number}",
            category=shelves[number % 3],
            name_en=f"Course {number}",
            handler="std_generateseats" if number % 2 else "",
            tiers={1: "100.00", 10: "80.00", 50: "60.00"},
        )


@pytest.fixture
def with_cart(visitor, catalogue) -> Client:
    visitor.post("/e/E-0/", {"quantity": 3})
    return visitor


@pytest.fixture
def member(catalogue) -> Client:
    client = signed_in(MembershipFactory().user)
    client.post("/e/E-0/", {"quantity": 3})
    return client


@pytest.mark.parametrize("address", ["/", "/c/shelf-a/", "/?q=course", "/e/E-0/", "/e/E-1/", "/legal/terms/"])
@pytest.mark.parametrize("who", ["with_cart", "member"])
def test_a_page_of_the_catalogue_costs_few_queries(request, who, address):
    more = COURSES_LISTED if address == "/e/E-1/" else 0
    more += LINK_TO_BEGIN_WITH_A_LIST if (who, address) == ("member", "/e/E-1/") else 0
    assert queries(request.getfixturevalue(who), address) <= CATALOGUE_AT_MOST + more


def grows(client: Client, address: str, more: Callable[[], object]) -> int:
    before = queries(client, address)
    more()
    return queries(client, address) - before


def test_more_entries_cost_no_more_queries(visitor, catalogue):
    def more() -> None:
        for number in range(4):
            EntryFactory(code=f"F-{number}")

    assert grows(visitor, "/", more) == 0


def test_more_lines_cost_no_more_queries_in_the_cart(with_cart):
    def more() -> None:
        for number in range(1, 20):
            with_cart.post(f"/e/E-{number}/", {"quantity": 2})

    assert grows(with_cart, "/cart/", more) == 0


def test_more_lines_with_fields_cost_no_more_queries_in_the_cart_and_when_adding(visitor):
    entries = [ask(EntryFactory(), make_field("size", "choice"), make_field("diet")) for _number in range(7)]
    put_in_cart(visitor, entries[0])
    few = queries(visitor, "/cart/")
    with CaptureQueriesContext(connection) as second:
        put_in_cart(visitor, entries[1])
    for entry in entries[2:6]:
        put_in_cart(visitor, entry)
    with CaptureQueriesContext(connection) as seventh:
        put_in_cart(visitor, entries[6])

    assert queries(visitor, "/cart/") == few
    assert len(seventh) == len(second)


def test_more_units_cost_no_more_queries_at_checkout(visitor, entry_with_forms):
    put_in_cart(visitor, entry_with_forms, 2)
    type_units(visitor, "Ann", "Bob")
    type_details(visitor)

    def more() -> None:
        put_in_cart(visitor, entry_with_forms, 20)
        type_units(visitor, *["Ann"] * 22)

    assert grows(visitor, "/checkout/review/", more) == 0
    assert queries(visitor, "/checkout/units/") <= 12


def test_more_lines_and_units_cost_no_more_queries_on_the_order_page(visitor, entry, entry_with_forms):
    from tests.factories.shop import fill_cart

    small = place(make_cart(entry))
    cart = make_cart(entry)
    fill_cart(cart, entry_with_forms, quantity=20, units=[{"name": "Ann"}] * 20)
    large = place(cart)
    assert queries(visitor, f"/orders/{small.token}/") == queries(visitor, f"/orders/{large.token}/")
    assert queries(visitor, f"/orders/{large.token}/") <= 12
