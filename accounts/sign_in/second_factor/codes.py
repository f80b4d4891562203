"""Codes of a second factor, each of which counts once."""

from __future__ import annotations

from collections.abc import Iterator

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.db import transaction

from accounts.people.models import User

# In an authenticator's `data`: the last step of time, of half a minute, whose code was used.
USED_STEP = "used_step"


def use_code(*, user: User, code: str) -> Authenticator | None:
    """Use up a code of the person's authenticator app, or a recovery code, and return what it belongs to; None for a
    wrong code and for one that was used. A code is void, too, once a later one was used.

    Locks the person's authenticators: of two at once with one code, one gets None.
    """
    with transaction.atomic():
        kept = Authenticator.objects.select_for_update().filter(user_id=user.pk).order_by("pk")
        for authenticator in kept.exclude(type=Authenticator.Type.WEBAUTHN):
            if _uses_up(authenticator, code):
                authenticator.user = user
                return authenticator
    return None


def mark_used(authenticator: Authenticator, code: str) -> None:
    """Note that the code that set an authenticator app up is used."""
    step = max(_steps(authenticator, code), default=0)
    authenticator.data[USED_STEP] = step
    authenticator.save(update_fields=["data"])


def _uses_up(authenticator: Authenticator, code: str) -> bool:
    if authenticator.type != Authenticator.Type.TOTP:
        return bool(authenticator.wrap().validate_code(code))
    used = authenticator.data.get(USED_STEP, -1)
    step = next((step for step in _steps(authenticator, code) if step > used), None)
    if step is None:
        return False
    authenticator.data[USED_STEP] = step
    authenticator.save(update_fields=["data"])
    return True


def _steps(authenticator: Authenticator, code: str) -> Iterator[int]:
    """Yield the steps around now whose code this is."""
    secret = decrypt(authenticator.data["secret"])
    for step in yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step))):
            yield step
