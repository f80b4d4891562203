"""The call centre's own service, as far as this extension uses it."""

from __future__ import annotations

from handlers.own_settings import own_setting


class Away(Exception):
    """The service does not answer for the moment."""


def book(phone: str, *, key: str) -> str:
    """Book a call and return its reference. `key` makes a second call with the same key the same booking."""
    token = own_setting("ext_callcentre", "token")
    if not phone:
        raise Away("nobody answers")
    return f"{token}:{key}"
