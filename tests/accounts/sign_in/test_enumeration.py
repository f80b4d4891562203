"""No page, message or delay tells a visitor whether an address is known."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import hashers
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.people.models import User
from enrolments.events.models import Event
from outbox.jobs.models import Job
from outbox.mails.models import Mail
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

ADDRESS = "alice@example.org"


def make_unknown():
    pass


def make_proved():
    UserFactory(email=ADDRESS)


def make_unproved():
    UserFactory(email=ADDRESS, password=None, is_address_proved=False)


def make_without_password():
    UserFactory(email=ADDRESS, password=None)


def make_closed():
    UserFactory(email=ADDRESS, is_active=False)


STATES = [make_unknown, make_proved, make_unproved, make_without_password, make_closed]

REQUESTS = {
    "sign-up": ("account_signup", {"email": ADDRESS, "password1": PASSWORD, "password2": PASSWORD}),
    "sign-in": ("account_login", {"login": ADDRESS, "password": "not the password"}),
    "code": ("account_request_login_code", {"email": ADDRESS}),
    "reset": ("account_reset_password", {"email": ADDRESS}),
}


def answer(url_name, data):
    """Return all that a visitor sees of the answer and of the page behind it: status, target, text, messages."""
    client = Client()
    response = client.post(reverse(url_name), data)
    pages = [(response.status_code, response.get("Location"), plain(response), sorted(response.cookies))]
    if response.status_code == 302:
        next_page = client.get(response["Location"])
        pages.append((next_page.status_code, plain(next_page), sorted(next_page.cookies)))
        for _ in range(3):
            wrong = client.post(response["Location"], {"code": "WRONGCODE"})
            pages.append((wrong.status_code, wrong.get("Location"), plain(wrong)))
    return pages


def plain(response) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", response.content.decode())


@pytest.mark.parametrize("make", STATES[1:])
@pytest.mark.parametrize("request_name", REQUESTS)
def test_the_pages_are_the_same(request_name, make):
    nobody = answer(*REQUESTS[request_name])
    forget_everybody()
    cache.clear()
    make()

    assert answer(*REQUESTS[request_name]) == nobody


def forget_everybody():
    Event.objects.all().delete()
    EmailAddress.objects.all().delete()
    User.objects.all().delete()


@pytest.mark.parametrize("make", STATES)
@pytest.mark.parametrize("request_name", ["sign-up", "sign-in"])
def test_as_many_passwords_are_hashed(request_name, make, monkeypatch):
    """Hashing a password is by far the slowest thing these pages do."""
    make()
    hashed = []
    encode = hashers.MD5PasswordHasher.encode

    def count(self, password, salt):
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", count)
    url_name, data = REQUESTS[request_name]
    Client().post(reverse(url_name), data)

    assert len(hashed) == 1


@pytest.mark.parametrize("request_name", ["code", "reset"])
def test_an_unknown_address_writes_as_much(request_name):
    """Both cases send the same inserts, though none of them lasts for an unknown address."""
    url_name, data = REQUESTS[request_name]

    with CaptureQueriesContext(connection) as for_nobody:
        Client().post(reverse(url_name), data)
    assert (Mail.objects.count(), Job.objects.count()) == (0, 0)
    cache.clear()
    make_proved()
    with CaptureQueriesContext(connection) as for_somebody:
        Client().post(reverse(url_name), data)

    assert Mail.objects.count() == 1
    assert writes(for_nobody) == writes(for_somebody)


def writes(queries) -> list[str]:
    """Return the tables written to, in order."""
    statements = (query["sql"].split()[:3] for query in queries)
    return [" ".join(words) for words in statements if words[0] in ("INSERT", "UPDATE", "DELETE")]


def test_sign_up_with_a_known_address_tells_its_owner_only():
    make_proved()

    Client().post(reverse("account_signup"), REQUESTS["sign-up"][1])

    mail = Mail.objects.get()
    assert (mail.kind, mail.recipient, mail.has_secret) == ("account_exists", ADDRESS, False)
    assert User.objects.get().check_password(PASSWORD)


def test_strangers_get_no_mail():
    Client().post(reverse("account_request_login_code"), {"email": "stranger@example.org"})
    Client().post(reverse("account_reset_password"), {"email": "stranger@example.org"})

    assert Mail.objects.count() == 0


def test_the_doorbell_rings_for_nobody_too(monkeypatch, django_capture_on_commit_callbacks):
    """A ring takes half a second when Redis is broken: every address must cost the same."""
    rings = []
    monkeypatch.setattr("outbox.jobs.doorbell.ring", lambda: rings.append(1))

    with django_capture_on_commit_callbacks(execute=True):
        Client().post(reverse("account_request_login_code"), {"email": "stranger@example.org"})

    assert rings == [1]


def test_limits_do_not_tell_either():
    """A page that refuses after some attempts refuses for every address after as many."""

    def statuses(email):
        cache.clear()
        data = {"login": email, "password": "wrong"}
        client = Client()
        return [re.sub(email, "", plain(client.post(reverse("account_login"), data))) for _ in range(8)]

    make_proved()

    assert statuses(ADDRESS) == statuses("carol@example.org")


@pytest.mark.parametrize("make", STATES[1:])
def test_a_change_of_address_does_not_tell_whose_it_is(make):
    def change_to(email):
        cache.clear()
        client = Client()
        client.post(reverse("account_login"), {"login": "carol@example.org", "password": PASSWORD})
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        response = client.post(reverse("account_email"), {"email": email, "action_add": ""})
        page = client.get(response["Location"])
        wrong = client.post(response["Location"], {"code": "WRONGCODE"})
        pages = [response.status_code, response["Location"], plain(page), plain(wrong)]
        return [str(part).replace(email, "ADDRESS") for part in pages]

    UserFactory(email="carol@example.org")
    make()

    assert change_to(ADDRESS) == change_to("stranger@example.org")
