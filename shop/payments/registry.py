"""Providers of this installation. The merchant says in the administration which of them customers are offered; where
they said nothing, the setting PAYMENT_PROVIDERS does, and gives the order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import get_language

from common.floors import import_if_there
from common.registry import Registry
from shop.payments import providers as packages
from shop.payments.configured.declared import refuse_unfit_environment
from shop.payments.configured.in_force import is_offered
from shop.payments.labels import METHOD_LABELS
from shop.payments.port import Provider

# Scheme, host and port: one source in a content security policy, without wildcards.
_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:[0-9]+)?|http://(127\.0\.0\.1|localhost)(:[0-9]+)?")
# Chosen by tests, beside those of the setting.
_chosen_too: set[str] = set()


@cache
def _known() -> Registry[Provider]:
    known: Registry[Provider] = Registry("payment provider")
    for name in dict.fromkeys((*settings.PAYMENT_PROVIDERS, *installed())):
        provider = _load(name)
        if is_chosen(name) or settings.IMAGINARY_MONEY or not provider.is_imaginary:
            known.register(name, _fit(provider))
            import_if_there(f"{packages.__name__}.{name}.jobs")
    return known


def known() -> list[Provider]:
    """Return all providers that this installation may use, offered or not: each hears of its payments and sends money
    back. Raises ImproperlyConfigured for one of PAYMENT_PROVIDERS that is unknown, unfit or incomplete."""
    return list(_known())


def providers() -> list[Provider]:
    """Return the providers that customers are offered."""
    return [each for each in _known() if is_offered(each.name, unless_said=is_chosen(each.name))]


def in_use() -> list[Provider]:
    """Return the known providers by which there may be payments: all but those that need keys and have none."""
    return [each for each in _known() if each.has_keys()]


def get_provider(name: str) -> Provider | None:
    """Return a known provider, offered or not; None for an unknown name."""
    return _known().find(name)


def is_chosen(name: str) -> bool:
    """Tell whether PAYMENT_PROVIDERS names a provider."""
    return name in settings.PAYMENT_PROVIDERS or name in _chosen_too


def method_label(name: str) -> str:
    """Return a payment method's label for people, with its provider's name in brackets where another method in use is
    called the same; its bare name if it is no longer installed."""
    label = METHOD_LABELS.of(name)
    if not any(other.has_keys() for other in _namesakes(name, get_language())):
        return label
    provider = get_provider(name)
    brand = provider.brand() if provider else ""
    return f"{label} ({brand})" if brand else label


@cache
def _namesakes(name: str, language: str | None) -> tuple[Provider, ...]:
    """Return the other known providers whose label is the same in a language."""
    label = METHOD_LABELS.of(name)
    return tuple(other for other in _known() if other.name != name and str(other.label) == label)


def origins() -> list[str]:
    """Return the origins of all providers offered to which an order's page may send customers."""
    sites = dict.fromkeys(origin for provider in providers() for origin in provider.sites())
    return [origin for origin in sites if _ORIGIN.fullmatch(origin)]


@contextmanager
def temporary(provider: Provider) -> Iterator[Provider]:
    """Choose one more provider within a `with` block, for tests. Its pages get no URLs."""
    is_new = provider.name not in _chosen_too
    _chosen_too.add(provider.name)
    try:
        with _known().temporarily(provider.name, _fit(provider)):
            _namesakes.cache_clear()
            yield provider
    finally:
        _namesakes.cache_clear()
        if is_new:
            _chosen_too.discard(provider.name)


def installed() -> list[str]:
    """Return the names of the packages in `shop/payments/providers/`: all providers, chosen or not."""
    return sorted(module.name for module in iter_modules(packages.__path__) if module.ispkg)


def _load(name: str) -> Provider:
    if name not in installed():
        raise _refusal(f"PAYMENT_PROVIDERS names {name!r}, but the providers there are: {', '.join(installed())}")
    provider: Provider = import_module(f"{packages.__name__}.{name}").provider
    return provider


def _fit(provider: Provider) -> Provider:
    """Return the provider. Raises ImproperlyConfigured if this installation must not or cannot use it."""
    METHOD_LABELS.put(provider.name, provider.label)
    if provider.is_imaginary and not settings.IMAGINARY_MONEY:
        raise _refusal(
            f"PAYMENT_PROVIDERS names {provider.name!r}, which delivers without any money; "
            "it is for development, tests and benchmarks only"
        )
    if provider.settings_form is not None and is_chosen(provider.name):
        refuse_unfit_environment(provider.settings_form)
    for origin in provider.origins:
        if not _ORIGIN.fullmatch(origin):
            raise _refusal(f"the payment provider {provider.name!r} sends customers to {origin!r}, which is no origin")
    return provider


def _refusal(why: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"Amphi does not start: {why}.")
