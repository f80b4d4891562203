"""Parts of the frame are kept for what they show: nobody gets another reader's, and a change is seen."""

import re

import pytest
from django.test import Client

from common import remembered as memory
from common.remembered import made_once
from shop.seller.models import ShopIdentity
from tests.factories.catalog import CategoryFactory, EntryFactory
from tests.shop.steps import english_client, put_in_cart

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def remembering(settings):
    settings.FRAME_SECONDS = 3600
    memory._kept.clear()
    memory._made.clear()
    yield
    memory._kept.clear()
    memory._made.clear()


def shown(client: Client, address: str = "/") -> str:
    return client.get(address).content.decode()


def marked_in(page: str) -> list[str]:
    """Return the slugs of the shelves that the menu marks as the one shown."""
    menu = page.partition('<nav class="categories"')[2].partition("</nav>")[0]
    return re.findall(r'href="/c/([a-z]+)/" aria-current="page"', menu)


def test_each_visitor_sees_the_size_of_their_own_cart():
    buyer, other = english_client(), english_client()
    put_in_cart(buyer, EntryFactory())

    for _again in range(2):
        assert "Cart, 1 line<" in shown(buyer)
        assert "Cart, 0 lines<" in shown(other)


def test_each_reader_sees_their_own_language():
    english, french = english_client(), Client(headers={"accept-language": "fr"})

    for _again in range(2):
        assert ("Sign in<" in shown(english), "Legal information" in shown(english)) == (True, True)
        assert ("Sign in<" in shown(french), "Legal information" in shown(french)) == (False, False)


def test_the_shelf_of_the_page_is_marked_and_no_other():
    for slug in ("chairs", "tables"):
        EntryFactory(category=CategoryFactory(slug=slug))
    client = english_client()

    for _again in range(2):
        for slug in ("chairs", "tables"):
            assert marked_in(shown(client, f"/c/{slug}/")) == [slug]
        assert marked_in(shown(client)) == []


def test_a_seller_read_again_is_shown_anew():
    client = english_client()
    shown(client)
    ShopIdentity.current()
    ShopIdentity.objects.update(name="Another Name", support_email="help@another.example")
    memory._kept.clear()  # as after two seconds

    page = shown(client)

    assert "help@another.example" in page
    assert page.count("Another Name") >= 2


def test_a_value_is_made_once_from_one_source():
    source, other, made = [1], [1], []

    def make():
        made.append(1)
        return len(made)

    assert [made_once("a", source, make) for _again in range(2)] == [1, 1]
    assert made_once("b", source, make) == 2
    assert [made_once("a", each, make) for each in (other, other, source)] == [3, 3, 4]
