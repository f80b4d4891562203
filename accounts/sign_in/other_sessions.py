"""The sessions of a person, all but the one that is at work."""

from __future__ import annotations

import secrets

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest

from accounts.people.models import User


def end_other_sessions(*, user: User, request: HttpRequest | None = None) -> None:
    """End every session of a user but that of the request, if the request is the user's own.

    Every session carries a value bound to the user's stamp; a new stamp makes those of all others worthless at their
    next request. The request's own session gets a new key. Locks the user's row until the end of the transaction.
    """
    stamp = secrets.token_hex(16)
    User.objects.filter(pk=user.pk).update(session_stamp=stamp)
    user.session_stamp = stamp
    if request is not None and request.user.is_authenticated and request.user.pk == user.pk:
        request.user.session_stamp = stamp
        update_session_auth_hash(request, request.user)
