"""The search of the sidebar answers whatever is asked of it."""

import pytest

from tests.factories.accounts import UserFactory
from tests.factories.shop import make_cart, pay, place, postal_address
from tests.shop.merchants import browser_of, staff
from tests.shop.probes import diary as diary
from tests.shop.probes import probe_entry as probe_entry

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


def test_the_palette_gets_what_it_shows(client):
    found = client.get(SEARCH, {"s": "orders", "extended": "1"}).content.decode()
    assert 'id="command-results-list"' in found
    assert "/admin/shop/order/" in found
    nothing = client.get(SEARCH, {"s": "zzzz", "extended": "1"}).content.decode()
    assert "command-results-list" not in nothing
    assert "Nothing found" in nothing


@pytest.fixture
def order(diary, probe_entry):
    return place(make_cart(probe_entry), email="zoe@example.org", address=postal_address(name="Héloïse & fils"))


def found_by(client, term):
    return client.get(SEARCH, {"s": term}).content.decode()


def test_finds_orders_people_accounts_entries_and_references(client, order, probe_entry):
    pay(order, reference="VIR-4711")
    person = UserFactory(first_name="Zoé", last_name="Élan")
    for term, page in (
        (order.number, f"/admin/shop/order/{order.pk}/change/"),
        ("heloise FILS", f"/admin/shop/order/{order.pk}/change/"),
        ("élan zoe", f"/admin/accounts/user/{person.pk}/change/"),
        (probe_entry.code, f"/admin/catalog/entry/{probe_entry.pk}/change/"),
        ("vir-4711", f"/admin/shop/payment/{order.payments.get().pk}/change/"),
    ):
        assert page in found_by(client, term), term
    assert f"/admin/accounts/customeraccount/{order.account_id}/change/" in found_by(client, str(order.account))


def test_finds_only_what_the_reader_may_see(order):
    reader = browser_of(staff("accounts.view_customeraccount"))
    told = found_by(reader, order.number) + found_by(reader, str(order.account))
    assert "/admin/shop/" not in told
    assert "/admin/outbox/" not in told
    assert "/admin/accounts/customeraccount/" in told


def test_more_rows_than_are_shown_lead_to_the_list_of_exactly_these(client):
    for number in range(7):
        UserFactory(first_name=f"Zebulon{number}")
    told = found_by(client, "zebulon")
    assert told.count("/change/") == 5
    assert "/admin/accounts/user/?q=zebulon" in told


def test_as_many_queries_for_many_rows(client, django_assert_max_num_queries):
    for number in range(12):
        UserFactory(first_name=f"Zebulon{number}")
    with django_assert_max_num_queries(16):
        found_by(client, "zebulon")
