"""What a page shows of the catalogue may be a moment old; what is asked in the cart is not."""

from decimal import Decimal

import pytest

from catalog.services.entries import set_prices
from shop.views import remembered as memory
from tests.storefront.steps import put_in_cart

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


def test_the_cart_asks_the_price_of_now_whatever_a_page_remembers(remembering, visitor, entry):
    visitor.get("/e/CHAIR/")
    set_prices(entry=entry, tiers={1: Decimal("77.00")})

    shown = visitor.get("/e/CHAIR/").context["prices"][0].unit_net
    put_in_cart(visitor, entry, 1)

    assert shown != Decimal("77.00")
    assert visitor.get("/cart/").context["cart"].net == Decimal("77.00")


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
