"""The providers this installation has, in the order of the setting PAYMENT_PROVIDERS."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from django.conf import settings

from shop.payments.port import Provider


@cache
def providers() -> dict[str, Provider]:
    """Every installed provider by name."""
    found = [import_module(path).provider for path in settings.PAYMENT_PROVIDERS]
    return {provider.name: provider for provider in found}


def get_provider(name: str) -> Provider | None:
    return providers().get(name)
