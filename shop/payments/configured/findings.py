"""Payment methods that the merchant offers and that customers are not shown, or that cannot work."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shop.payments.configured.models import ProviderSettings
from shop.payments.port import Provider
from shop.payments.registry import providers


@dataclass(frozen=True)
class Finding:
    """Payment method that is offered in vain, and why."""

    provider: Provider
    why: str | Promise


def findings() -> list[Finding]:
    """Return the methods offered whose keys are missing, are those of a test where money counts, or were refused when
    they were last tried. One query, none where no method offered needs keys."""
    keyed = [provider for provider in providers() if provider.settings_form is not None]
    if not keyed:
        return []
    names = [provider.name for provider in keyed]
    refused = set(ProviderSettings.objects.filter(name__in=names).exclude(problem="").values_list("name", flat=True))
    told = ((provider, _why(provider, is_refused=provider.name in refused)) for provider in keyed)
    return [Finding(provider, why) for provider, why in told if why]


def _why(provider: Provider, *, is_refused: bool) -> str | Promise:
    if not provider.has_keys():
        return _("its keys are missing")
    if is_refused:
        return _("the provider refuses its keys")
    return "" if provider.is_fit() else _("its keys are those of a test, and move no money")
