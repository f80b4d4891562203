"""Codes mailed to a person who is signed in, to prove the mailbox again."""

from __future__ import annotations

import secrets
from datetime import datetime

from allauth.account.adapter import get_adapter
from allauth.core.internal.cryptokit import normalize_user_code
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.people.models import User
from accounts.rate_limits.services import TooOften, count_attempt
from accounts.sign_in.mails import CODE_LIFETIME

SESSION_KEY = "accounts_code_again"


def mail_code(request: HttpRequest, user: User, *, now: datetime) -> None:
    """Mail a new code to the person's own address; it works in this session alone, and the one before no longer.

    The session keeps a keyed hash of it. Raises TooOften.
    """
    count_attempt(what="code again", who=str(user.pk), now=now)
    code: str = get_adapter().generate_login_code()
    mark = secrets.token_hex(8)
    request.session[SESSION_KEY] = {
        "mark": mark,
        "hash": _hash(mark, code),
        "email": user.email,
        "until": (now + CODE_LIFETIME).timestamp(),
    }
    get_adapter().send_mail("account/email/code_again", user.email, {"user": user, "code": code})


def is_awaited(request: HttpRequest, user: User, *, now: datetime) -> bool:
    """Tell whether a code is on its way that can still be typed."""
    kept = request.session.get(SESSION_KEY)
    return kept is not None and kept["email"] == user.email and now.timestamp() < kept["until"]


def use_mailed_code(request: HttpRequest, user: User, typed: str, *, now: datetime) -> bool:
    """Use a mailed code up; False for a wrong, used or old one. After three wrong ones the code is void.

    Attempts are counted in the database before the comparison: many at once get no more of them.
    """
    if not is_awaited(request, user, now=now):
        return False
    kept = request.session[SESSION_KEY]
    try:
        count_attempt(what="guess of a code again", who=kept["mark"], now=now)
    except TooOften:
        del request.session[SESSION_KEY]
        return False
    if not constant_time_compare(kept["hash"], _hash(kept["mark"], typed)):
        return False
    del request.session[SESSION_KEY]
    return True


def _hash(mark: str, code: str) -> str:
    return salted_hmac("accounts.code_again", f"{mark} {normalize_user_code(code)}", algorithm="sha256").hexdigest()
