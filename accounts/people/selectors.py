"""Reads about the proof of addresses, and about ways to sign in."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator

from accounts.people.models import User


def is_address_proved(user: User) -> bool:
    """Tell whether the user's present address was proved by a mailed code or link."""
    return EmailAddress.objects.filter(user_id=user.pk, email=user.email, verified=True).exists()


def has_proved(user: User, email: str) -> bool:
    """Tell whether a (normalised) address is the user's own now, and proved. Reads both anew."""
    proved = EmailAddress.objects.filter(user_id=user.pk, email=email, verified=True)
    return proved.filter(user__email=email, user__is_active=True).exists()


def ids_with_proved_address(users: Iterable[User]) -> set[int]:
    """Return the keys of the users whose address is proved, in one statement."""
    proved = EmailAddress.objects.filter(user_id__in=[user.pk for user in users], verified=True)
    return set(proved.values_list("user_id", flat=True))


# Recovery codes are no factor of their own: they stand for one that is lost.
FACTOR_TYPES = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTOR_TYPES).exists()


def has_own_way_in(user: User) -> bool:
    """Tell whether the user has a valid password or a second factor, so that no link signs the user in.

    Ask after the address was proved: an unproved password is void by then.
    """
    return user.has_usable_password() or has_second_factor(user)
