"""Directory of companies that receive e-invoices: asked before a document is sent, and answers kept for a while."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.cache import cache

from shop.papers.platforms.models import PlatformSettings
from shop.papers.platforms.port import Platform, Rule
from shop.payments.port import CallRefused

# The directory changes once a day; that a company is not there yet is forgotten sooner.
KEPT_SECONDS, UNKNOWN_KEPT_SECONDS = 24 * 60 * 60, 60 * 60
LOOKED_UP = (Rule.B2B, Rule.PUBLIC)


class NoAddress(Exception):
    """Refusal to send a document now: `code` says why, *no_address* or *no_directory*."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


NO_ADDRESS, NO_DIRECTORY = "no_address", "no_directory"


def check_address(platform: Platform, rule: Rule, data: Mapping[str, Any]) -> None:
    """Raise NoAddress unless the directory knows where the buyer of a document receives it; buyers abroad stand in no
    directory. One query, and a call where the answer is not known. Raises Unreachable."""
    if rule not in LOOKED_UP:
        return
    siren = data["buyer"]["siren"]
    key = f"platform-address:{platform.name}:{_keys_of(platform)}:{siren}"
    address = cache.get(key)
    if address is None:
        try:
            address = platform.address_of(siren) or ""
        except CallRefused as refusal:
            raise NoAddress(NO_DIRECTORY) from refusal
        cache.set(key, address, KEPT_SECONDS if address else UNKNOWN_KEPT_SECONDS)
    if not address:
        raise NoAddress(NO_ADDRESS)


def _keys_of(platform: Platform) -> float:
    """Return a number that changes with the keys: a test directory holds other companies."""
    at = PlatformSettings.objects.filter(name=platform.name).values_list("keys_at", flat=True).first()
    return at.timestamp() if at else 0
