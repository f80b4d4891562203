"""Visitors as the limits of unpaid orders tell them apart."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from accounts.browser_sessions.models import BrowserSession
from shop.cart.current import visitor_key, wide_part
from shop.cart.models import Cart
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


def test_networks_of_ipv6_tell_which_wide_one_they_are_of():
    one, other, far = (key(address) for address in ("2001:db8:1:2::5", "2001:db8:1:3::5", "2001:db8:2:2::5"))

    assert wide_part(one) == wide_part(other) != wide_part(far)
    assert one.startswith(wide_part(one))
    assert {len(each) for each in (one, other, far)} == {64}
    assert wide_part(key("203.0.113.5")) == wide_part(key("2001:db8::1", UserFactory())) == ""


def test_ipv4_behind_a_socket_of_both_kinds_is_still_an_address_of_its_own():
    assert key("::ffff:203.0.113.5") == key("203.0.113.5")
    assert key("::ffff:203.0.113.5") != key("::ffff:203.0.113.6")


def test_somebody_signed_in_is_themselves_wherever_they_are():
    alice = UserFactory()
    assert key("203.0.113.5", alice) == key("203.0.113.6", alice)
    assert key("203.0.113.5", alice) != key("203.0.113.5", UserFactory())


def test_who_buys_for_an_account_is_limited_by_it_alone():
    assert key("203.0.113.5", UserFactory(), has_account=True) == ""


# --- Rows that visitors leave ---


def rows() -> tuple[int, int]:
    return Cart.objects.count(), BrowserSession.objects.count()


def test_looking_around_leaves_no_row(entry):
    for address in (
        "/",
        f"/e/{entry.code}/",
        "/cart/",
        "/checkout/details/",
        "/auth/login/",
        "/auth/signup/",
        "/nope/",
    ):
        visitor = Client()
        visitor.get(address)
        visitor.post("/cart/", {"continue": ""})
        visitor.post("/auth/login/", {"login": "alice@example.org", "password": "wrong"})

    assert rows() == (0, 0)


def test_new_carts_of_one_network_are_counted_and_what_is_added_to_them_is_not(settings, entry):
    settings.RATE_LIMITS = {"new cart": "3/10m/ip"}
    early = Client()
    answers = [put_in(early, entry) for _ in range(5)] + [put_in(Client(), entry) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [302] * 7 + [429] * 2
    assert rows() == (3, 3)
    assert put_in(early, entry).status_code == 302
    assert put_in(Client(REMOTE_ADDR="203.0.113.77"), entry).status_code == 302


def put_in(visitor: Client, entry):
    return visitor.post(f"/e/{entry.code}/", {"quantity": "1"})
