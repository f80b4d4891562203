"""Fixtures of the tests of signing in: people and their mailbox."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.links.effects import link_url
from accounts.links.models import AddressLink
from common.secrets import decrypt
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail


@pytest.fixture
def code_for() -> Callable[[str], str]:
    """Return a function that reads the code in the newest mail to an address."""

    def read(email: str) -> str:
        mail = Mail.objects.filter(recipient=email, has_secret=True).latest("id")
        code = decrypt(mail.secret)
        assert code in render_mail(mail, blank_secrets=False).text
        assert code not in render_mail(mail, blank_secrets=True).text
        return code

    return read


@pytest.fixture
def path_of() -> Callable[[AddressLink], str]:
    """Return a function that gives the path of a link as mailed."""

    def path(link: AddressLink) -> str:
        return link_url(link).removeprefix("http://testserver")

    return path


@pytest.fixture
def visitor() -> Client:
    return Client()


@pytest.fixture
def attacker() -> Client:
    return Client()


@pytest.fixture
def victim() -> Client:
    return Client()
