"""Providers of this installation, in the order of the setting PAYMENT_PROVIDERS."""

from __future__ import annotations

import os
import re
from contextlib import AbstractContextManager
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from common.registry import Registry
from shop.payments import providers as packages
from shop.payments.labels import METHOD_LABELS
from shop.payments.port import Provider

# Scheme, host and port: one source in a content security policy, without wildcards.
_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:[0-9]+)?|http://(127\.0\.0\.1|localhost)(:[0-9]+)?")


@cache
def _chosen() -> Registry[Provider]:
    chosen: Registry[Provider] = Registry("payment provider")
    for name in settings.PAYMENT_PROVIDERS:
        chosen.register(name, _load(name))
    return chosen


def providers() -> list[Provider]:
    """Return all chosen providers. Raises ImproperlyConfigured for one that is unknown, unfit or incomplete."""
    return list(_chosen())


def get_provider(name: str) -> Provider | None:
    """Return a chosen provider; None for an unknown name."""
    return _chosen().find(name)


def method_label(name: str) -> str:
    """Return a payment method's label for customers; its bare name if it is no longer installed."""
    return METHOD_LABELS.of(name)


def origins() -> list[str]:
    """Return the origins of all chosen providers to which an order's page may send customers."""
    return list(dict.fromkeys(origin for provider in providers() for origin in provider.sites()))


def temporary(provider: Provider) -> AbstractContextManager[Provider]:
    """Choose one more provider within a `with` block, for tests. Its pages get no URLs."""
    return _chosen().temporarily(provider.name, _fit(provider))


def installed() -> list[str]:
    """Return the names of the packages in `shop/payments/providers/`: all providers, chosen or not."""
    return sorted(module.name for module in iter_modules(packages.__path__) if module.ispkg)


def _load(name: str) -> Provider:
    if name not in installed():
        raise _refusal(f"PAYMENT_PROVIDERS names {name!r}, but the providers there are: {', '.join(installed())}")
    provider: Provider = import_module(f"{packages.__name__}.{name}").provider
    return _fit(provider)


def _fit(provider: Provider) -> Provider:
    """Return the provider. Raises ImproperlyConfigured if this installation must not or cannot use it."""
    METHOD_LABELS.put(provider.name, provider.label)
    if provider.is_imaginary and not settings.IMAGINARY_MONEY:
        raise _refusal(
            f"PAYMENT_PROVIDERS names {provider.name!r}, which delivers without any money; "
            "it is for development, tests and benchmarks only"
        )
    missing = [name for name in provider.environment if not os.environ.get(name, "").strip()]
    if missing:
        raise _refusal(f"the payment provider {provider.name!r} needs {', '.join(missing)} in the environment")
    for origin in provider.sites():
        if not _ORIGIN.fullmatch(origin):
            raise _refusal(f"the payment provider {provider.name!r} sends customers to {origin!r}, which is no origin")
    return provider


def _refusal(why: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"Amphi does not start: {why}.")
