"""Proofs of a session: which factor its person has shown in it, and when."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from accounts.people.models import User


def has_proved_second_factor(request: HttpRequest) -> bool:
    """Tell whether the person has shown in this very session a second factor that they still have.

    Ask this before showing staff more than others see: a session may be older than the factor, or have begun with a
    link of a mail. Always true where staff need none (STAFF_NEEDS_SECOND_FACTOR off, in development). One query, none
    for a session without any such proof.
    """
    if not settings.STAFF_NEEDS_SECOND_FACTOR:
        return True
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not hasattr(request, "session"):
        return False
    shown = [record.get("id") for record in factor_records(request, user)]
    return bool(shown) and Authenticator.objects.filter(user_id=user.pk, pk__in=shown).exists()


def is_trusted_staff(request: HttpRequest) -> bool:
    """Tell whether the request is of staff, in a session that has proved the second factor: staff see more then."""
    user = getattr(request, "user", None)
    return isinstance(user, User) and user.is_active and user.is_staff and has_proved_second_factor(request)


def factor_records(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    """Return what this session tells about factors shown in it, oldest first."""
    return [record for record in get_authentication_records(request, user) if record.get("method") == "mfa"]
