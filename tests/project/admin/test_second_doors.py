"""The administration has no sign-in, sign-out or password page of its own: each leads to the shop's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.people.models import User
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

# Words of an address or a view behind which a password could be typed, or a session begun.
DOORS = ("login", "logout", "password", "reset", "sign", "auth_user")


@pytest.fixture
def merchant():
    return User.objects.create_superuser("merchant@example.org", PASSWORD, is_address_proved=True)


def patterns(resolver, route="") -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        here = route + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from patterns(each, here)
        else:
            yield here, each


def test_no_address_of_the_administration_shows_a_view_of_djangos_that_takes_passwords():
    django_views = {view for view in vars(auth_views).values() if isinstance(view, type)}

    for route, pattern in patterns(get_resolver()):
        view = getattr(pattern.callback, "view_class", None)
        assert view not in django_views, route


def test_the_doors_of_the_administration_are_known():
    doors = {
        pattern.name
        for route, pattern in patterns(get_resolver())
        if route.startswith("admin/") and any(word in f"{route} {pattern.name}" for word in DOORS)
    }

    assert doors == {"login", "logout", "password_change", "password_change_done"}


def test_a_password_is_changed_on_the_shops_own_page(client, merchant):
    client.force_login(merchant)

    for name in ("admin:password_change", "admin:password_change_done"):
        for answer in (client.get(reverse(name)), client.post(reverse(name), {"old_password": PASSWORD})):
            assert answer["Location"] == reverse("account_change_password")


def test_nobody_signs_in_as_another_at_the_administration(client, merchant):
    other = User.objects.create_superuser("other@example.org", PASSWORD, is_address_proved=True)
    client.force_login(merchant)

    answer = client.post(reverse("admin:login"), {"username": other.email, "password": PASSWORD})

    assert answer["Location"] == reverse("admin:index")
    assert client.session["_auth_user_id"] == str(merchant.pk)


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_its_sign_in_leads_nobody_elsewhere(client, merchant, address):
    client.force_login(merchant)

    assert client.get(reverse("admin:login"), {"next": address})["Location"] == reverse("admin:index")


def test_the_page_of_a_person_takes_no_password(client, merchant):
    alice = UserFactory()
    client.force_login(merchant)
    url = reverse("admin:accounts_user_change", args=[alice.pk])

    page = client.get(url)
    assert "password" not in page.context["adminform"].form.fields
    client.post(url, {"password": "a new one", "password1": "a new one", "new_password1": "a new one"})

    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert not hasattr(admin.site._registry[User], "change_password_form")


def test_signing_out_there_is_signing_out(client, merchant):
    client.force_login(merchant)

    assert Client().get(reverse("admin:logout")).status_code == 302
    client.post(reverse("admin:logout"))

    assert "_auth_user_id" not in client.session
