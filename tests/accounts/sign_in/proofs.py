"""Sessions that have proved something, as allauth notes it."""

from __future__ import annotations

import time

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt
from django.test import Client

from accounts.people.models import User


def give_app(user: User) -> Authenticator:
    """Set an authenticator app up for a person."""
    return TOTP.activate(user, generate_totp_secret()).instance


def code_of(authenticator: Authenticator, *, steps: int = 0) -> str:
    """Return the code that the app shows, or that of some steps of half a minute later."""
    return code_of_secret(decrypt(authenticator.data["secret"]), steps=steps)


def code_of_secret(secret: str, *, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def sign_in_with(client: Client, authenticator: Authenticator, *, minutes_ago: float = 0) -> Client:
    """Sign the owner of a factor in, in a session that has proved it."""
    client.force_login(authenticator.user)
    note(client, authenticator.user, "mfa", id=authenticator.pk, type=authenticator.type, minutes_ago=minutes_ago)
    return client


def note(client: Client, user: User, method: str, *, minutes_ago: float = 0, **more: object) -> None:
    session = client.session
    records = session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    record = {"method": method, "at": time.time() - minutes_ago * 60, **more}
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [*records, record]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
