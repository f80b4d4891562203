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


TO_PLAIN_HTTP = (
    *("http://testserver/account/", "HTTP://testserver/account/", " http://testserver/account/"),
    *("http:\\\\testserver/", "http://testserver:80/", "h\tttp://testserver/", "ftp://testserver/", "http:account/"),
)


@pytest.mark.parametrize("address", TO_PLAIN_HTTP)
def test_nobody_is_led_from_https_to_plain_http(settings, address):
    settings.HTTPS = True
    alice = UserFactory(email="alice@example.org")
    client = english_client()

    answer = client.post("/auth/login/", {"login": alice.email, "password": PASSWORD, "next": address}, secure=True)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    reauthenticated = client.post("/auth/reauthenticate/", {"password": PASSWORD, "next": address}, secure=True)
    assert reauthenticated["Location"] == "/"
    switched = client.post("/i18n/setlang/", {"language": "fr", "next": address}, secure=True)
    assert "http:" not in switched["Location"].lower()
    assert "ftp:" not in switched["Location"].lower()
    answer = client.post("/auth/logout/", {"next": address}, secure=True)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    assert client.get("/admin/login/", {"next": address}, secure=True)["Location"] == "/admin/"


def test_an_address_of_the_own_host_by_https_is_followed(settings):
    settings.HTTPS = True
    UserFactory(email="alice@example.org")
    typed = {"login": "alice@example.org", "password": PASSWORD, "next": "https://testserver/account/"}

    answer = english_client().post("/auth/login/", typed, secure=True)

    assert answer["Location"] == "https://testserver/account/"
