"""Tokens of places in waiting lists: derived whenever they are written, stored as hashes alone."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.urls import reverse

from common.tokens import derive_token, hash_token
from enrolments.waiting.models import WaitingPlace

PURPOSE = "waiting place"


def new_token() -> dict[str, str]:
    """Return nonce and hash of a token for a new row."""
    nonce = secrets.token_urlsafe(16)
    return {"nonce": nonce, "token_hash": hash_token(derive_token(PURPOSE, 0, nonce))}


def token_of(place: WaitingPlace) -> str:
    return derive_token(PURPOSE, 0, place.nonce, stored_hash=place.token_hash)


def path_of(place: WaitingPlace) -> str:
    """Return the address of the page of a place: a person's own, or the account's desk."""
    if place.account_id is not None:
        return reverse("account-waiting", args=[place.account_id])
    return reverse("waiting-place", args=[token_of(place)])


def url_of(place: WaitingPlace) -> str:
    return f"{settings.SITE_URL}{path_of(place)}"
