"""Addresses the sign-in pages lead to: the shop's own pages, whatever address the request names."""

import pytest

from tests.factories.accounts import PASSWORD, UserFactory
from tests.shop.steps import english_client

pytestmark = pytest.mark.django_db

ELSEWHERE = (
    *("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "http:///evil.example"),
    *("https://testserver@evil.example/", "http://[", "http://[::1]evil.example", "\x00//evil.example"),
)


@pytest.mark.parametrize("address", ELSEWHERE)
def test_nobody_is_led_elsewhere_by_a_link_to_us(address):
    UserFactory(email="alice@example.org")
    client = english_client()

    answer = client.post("/auth/login/", {"login": "alice@example.org", "password": PASSWORD, "next": address})
    assert (answer.status_code, answer["Location"]) == (302, "/")

    answer = client.post("/auth/logout/", {"next": address})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_the_page_one_came_from_is_found_again():
    UserFactory(email="alice@example.org")
    typed = {"login": "alice@example.org", "password": PASSWORD, "next": "/account/"}
    assert english_client().post("/auth/login/", typed)["Location"] == "/account/"
