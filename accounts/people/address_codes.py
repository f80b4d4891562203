"""Proof of a typed address within one browser, by a mailed code: for a visitor, who signs in nowhere by it.

The session keeps a random text and the end of the code's time, the code itself is derived from them with the shop's
key: whoever reads sessions reads no code.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from accounts.rate_limits.by_network import count_from_network
from accounts.rate_limits.services import count_attempt
from common.refusals import Refused
from common.secrets import derive_key
from outbox.mails.services import queue_mail

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase

CODE_LIVES_FOR = timedelta(minutes=15)
PROOF_HOLDS_FOR = timedelta(hours=2)
CODE_KEY, PROOF_KEY = "address code", "address proved"


class WrongCode(Refused):
    """Refusal of a code that is not the one mailed, or is too old."""

    field = "code"
    message = _("This is not the code of the last mail, or its 15 minutes are over. Check it, or ask for a new one.")


def mail_code(request: HttpRequest, *, email: str, language: str, now: datetime, limit: str = "address code") -> None:
    """Mail a code to a (normalised) address, known or not; an earlier code of this browser is dead.

    Raises TooOften: counted for the address and, by the rates named `limit`, for the network of whoever asks. Call
    outside of a transaction.
    """
    count_from_network(request, what=limit, now=now)
    count_attempt(what="address code to address", who=email, now=now)
    nonce, until = secrets.token_hex(16), now + CODE_LIVES_FOR
    queue_mail(
        kind="address_code",
        key=f"address_code:{uuid.uuid4()}",
        recipient=email,
        language=language,
        context={"event": "order"},
        secret=_code(email, nonce),
        expires_at=until,
    )
    request.session[CODE_KEY] = {"email": email, "nonce": nonce, "until": until.isoformat()}


def is_code_mailed(session: SessionBase, *, email: str, now: datetime) -> bool:
    """Tell whether a code is on its way to the address, and may still be typed in this browser."""
    kept = session.get(CODE_KEY) or {}
    return kept.get("email") == email and datetime.fromisoformat(kept["until"]) > now


def prove_by_code(session: SessionBase, *, email: str, code: str, now: datetime) -> None:
    """Take a code as the proof of the address it was mailed to, once, for this browser.

    A guess is counted before it is compared. Raises TooOften and WrongCode.
    """
    if not is_code_mailed(session, email=email, now=now):
        raise WrongCode
    nonce = session[CODE_KEY]["nonce"]
    count_attempt(what="guess of an address code", who=nonce, now=now)
    if not constant_time_compare(_read(code), _read(_code(email, nonce))):
        raise WrongCode
    del session[CODE_KEY]
    session[PROOF_KEY] = {"email": email, "until": (now + PROOF_HOLDS_FOR).isoformat()}


def is_proved_here(session: SessionBase, *, email: str, now: datetime) -> bool:
    """Tell whether this browser has proved the address by a code within the last two hours."""
    kept = session.get(PROOF_KEY) or {}
    return kept.get("email") == email and datetime.fromisoformat(kept["until"]) > now


def _code(email: str, nonce: str) -> str:
    """Return the code of 8 letters and digits, in two halves."""
    digest = hmac.new(derive_key("address code"), f"{email}\x1f{nonce}".encode(), hashlib.sha256).digest()
    letters = base64.b32encode(digest).decode("ascii")[:8]
    return f"{letters[:4]}-{letters[4:]}"


def _read(typed: str) -> str:
    """Return a typed code without blanks and dashes; the signs that are no digits of a code stand for letters."""
    signs = "".join(sign for sign in typed.upper() if sign.isalnum())
    return signs.translate(str.maketrans("01", "OI"))
