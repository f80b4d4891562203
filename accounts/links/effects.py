"""What using a link does, by purpose; and the address under which a link is mailed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts.links.models import AddressLink
from accounts.links.services import TOKEN_PURPOSE
from accounts.people.models import User
from common.tokens import derive_token

# Called in the transaction that uses the link up, for the signed-in user who owns its address.
# Returns the address of the page he sees next; an exception leaves the link unused. LinkRefused is for the person.
Effect = Callable[[AddressLink, User, HttpRequest, datetime], str]

_effects: dict[str, Effect] = {}


def register_purpose(purpose: str, effect: Effect) -> None:
    """Say what links of a purpose do. A second effect for the same purpose is a mistake."""
    if _effects.get(purpose, effect) is not effect:
        raise ValueError(f"The purpose {purpose!r} has an effect already: {_effects[purpose]!r}.")
    _effects[purpose] = effect


def effect_of(purpose: str) -> Effect:
    """Raises LookupError for a purpose nobody registered."""
    return _effects[purpose]


@contextmanager
def temporary_purpose(purpose: str, effect: Effect) -> Iterator[None]:
    """Replace a purpose's effect for a test."""
    before = _effects.pop(purpose, None)
    _effects[purpose] = effect
    try:
        yield
    finally:
        del _effects[purpose]
        if before is not None:
            _effects[purpose] = before


def link_url(link: AddressLink) -> str:
    """The absolute address to mail. Derived anew each time: a mail sent again carries the same link."""
    token = derive_token(TOKEN_PURPOSE, link.pk, link.nonce)
    return settings.SITE_URL + reverse("address-link", args=[token])
