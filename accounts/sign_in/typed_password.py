"""The password typed at sign-up, kept in the visitor's session until the address is proved there.

A user with an unproved address so never has that password: it dies with the session, or when the address is proved by
another route.
"""

from __future__ import annotations

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.http import HttpRequest

from accounts.people.models import User

SESSION_KEY = "accounts_typed_password"


def remember_typed_password(request: HttpRequest, user: User, password_hash: str) -> None:
    request.session[SESSION_KEY] = {"user_id": user.pk, "email": user.email, "password": password_hash}


def settle_password(request: HttpRequest, user: User, *, typed_here: bool) -> None:
    """Set, keep or void the password of a user whose address was proved just now. Writes the user.

    The password typed at sign-up in this session becomes the user's. A password stored with an unproved user (made at
    the command line) stays only if this very sign-in began with it (`typed_here`).
    """
    typed = request.session.pop(SESSION_KEY, None)
    if typed and (typed["user_id"], typed["email"]) == (user.pk, user.email):
        password = typed["password"]
    elif typed_here or user.password.startswith(UNUSABLE_PASSWORD_PREFIX):
        return
    else:
        password = make_password(None)
    user.password = password
    User.objects.filter(pk=user.pk).update(password=password)
