"""Settings of providers as a merchant saves them."""

from __future__ import annotations

from django.utils import timezone

from shop.payments.configured.models import ProviderSettings
from shop.payments.configured.services import save_settings
from shop.payments.registry import get_provider
from tests.factories.accounts import UserFactory
from workbench.stand_ins import stripe as stand_in

STRIPE_KEYS = {"secret_key": stand_in.SECRET_KEY, "webhook_secret": stand_in.WEBHOOK_SECRET}


def row_of(name: str = "stripe") -> ProviderSettings:
    """Return the row of a method, made if a test that committed has emptied the table."""
    return ProviderSettings.objects.get_or_create(name=name)[0]


def saved(name: str = "stripe", *, offer: str = "yes", **typed: str) -> ProviderSettings:
    """Save settings of a method, for Stripe the keys of its stand-in unless others are typed."""
    row_of(name)
    provider = get_provider(name)
    assert provider is not None
    keys = typed or (STRIPE_KEYS if name == "stripe" else {})
    return save_settings(provider=provider, offer=offer, typed=keys, actor=UserFactory(), now=timezone.now())
