"""The search of the sidebar answers whatever is asked of it."""

import pytest

pytestmark = pytest.mark.django_db

SEARCH = "/admin/search/"


def test_finds_a_list_by_its_name(client):
    assert "/admin/shop/order/" in client.get(SEARCH, {"s": "orders"}).content.decode()


@pytest.mark.parametrize("page", ["abc", "0", "-1", "99999", "1.5", ""])
def test_a_page_that_is_none_is_not_found(client, page):
    assert client.get(SEARCH, {"s": "orders", "page": page}).status_code == 404


@pytest.mark.parametrize("term", ["", "a\0b", "x" * 5000, "%", "<script>"])
def test_any_term_is_answered(client, term):
    assert client.get(SEARCH, {"s": term}).status_code == 200
