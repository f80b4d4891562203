"""Pages may show the catalogue as it was a moment ago; orders use it as it is."""

from decimal import Decimal

import pytest

from catalog.services.entries import set_prices
from common import remembered as memory
from shop.pages.views import ENTRIES_PER_PAGE
from tests.factories.catalog import EntryFactory
from tests.shop.steps import put_in_cart, type_details

pytestmark = pytest.mark.django_db


@pytest.fixture
def remembering(settings):
    settings.FRAME_SECONDS = 3600
    memory._kept.clear()
    yield
    memory._kept.clear()


def test_an_entry_looked_at_just_now_is_not_read_again(remembering, visitor, entry, django_assert_num_queries):
    for address in ("/", "/e/CHAIR/"):
        visitor.get(address)
    for address in ("/", "/e/CHAIR/"):
        with django_assert_num_queries(0):
            assert entry.name in visitor.get(address).content.decode()


def test_the_checkout_asks_the_price_of_now_whatever_a_page_remembers(remembering, visitor, entry):
    put_in_cart(visitor, entry, 1)
    for address in ("/e/CHAIR/", "/cart/"):
        visitor.get(address)
    set_prices(entry=entry, tiers={1: Decimal("77.00")})

    assert visitor.get("/e/CHAIR/").context["prices"][0].unit_net == Decimal("100.00")
    assert visitor.get("/cart/").context["cart"].net == Decimal("100.00")
    type_details(visitor)
    assert visitor.get("/checkout/review/").context["cart"].net == Decimal("77.00")


def test_a_cart_just_looked_at_asks_for_its_lines_alone(remembering, visitor, entry, django_assert_num_queries):
    put_in_cart(visitor, entry, 1)
    visitor.get("/cart/")

    with django_assert_num_queries(2):  # the session, the lines
        assert entry.name in visitor.get("/cart/").content.decode()


def cards_on(visitor, page):
    return {card.name for card in visitor.get(f"/?page={page}").context["cards"]}


def test_each_page_of_a_list_is_remembered_by_itself(remembering, visitor, db):
    for number in range(ENTRIES_PER_PAGE + 1):
        EntryFactory(position=number)

    first, second = (cards_on(visitor, page) for page in (1, 2))

    assert (len(first), len(second), first & second) == (ENTRIES_PER_PAGE, 1, set())


def test_an_entry_deleted_meanwhile_leaves_the_cart(remembering, visitor, entry):
    put_in_cart(visitor, entry, 1)
    visitor.get("/cart/")
    entry.delete()

    assert visitor.get("/cart/").context["rows"] == []


def test_an_entry_is_bought_as_it_stands_now(remembering, visitor, entry):
    visitor.get("/e/CHAIR/")
    entry.state = "suspended"
    entry.save(update_fields=["state"])

    answer = visitor.post("/e/CHAIR/", {"quantity": "1"})

    assert answer.status_code == 200
    assert visitor.get("/cart/").context["rows"] == []


def test_each_language_has_its_own_cards(remembering, visitor, entry):
    english = visitor.get("/").content.decode()
    visitor.post("/i18n/setlang/", {"language": "fr", "next": "/"})

    assert "incl. tax" in english
    assert "incl. tax" not in visitor.get("/").content.decode()


def test_the_memory_is_bounded(remembering):
    for number in range(memory.KEPT_AT_MOST + 1):
        memory.remembered(number, lambda: None)

    assert len(memory._kept) == 1
