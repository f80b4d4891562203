"""Visitors as the limits of unpaid orders tell them apart."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from shop.cart.current import visitor_key
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def key(address: str, user: object = None, *, has_account: bool = False) -> str:
    request = RequestFactory(REMOTE_ADDR=address).get("/")
    request.user = user or AnonymousUser()
    return visitor_key(request, has_account=has_account)


def test_two_addresses_are_two_visitors():
    assert key("203.0.113.5") != key("203.0.113.6")


def test_a_network_of_ipv6_is_one():
    assert key("2001:db8:1:2::5") == key("2001:db8:1:2:ffff::6")
    assert key("2001:db8:1:2::5") != key("2001:db8:1:3::5")


def test_ipv4_behind_a_socket_of_both_kinds_is_still_an_address_of_its_own():
    assert key("::ffff:203.0.113.5") == key("203.0.113.5")
    assert key("::ffff:203.0.113.5") != key("::ffff:203.0.113.6")


def test_somebody_signed_in_is_themselves_wherever_they_are():
    alice = UserFactory()
    assert key("203.0.113.5", alice) == key("203.0.113.6", alice)
    assert key("203.0.113.5", alice) != key("203.0.113.5", UserFactory())


def test_who_buys_for_an_account_is_limited_by_it_alone():
    assert key("203.0.113.5", UserFactory(), has_account=True) == ""
