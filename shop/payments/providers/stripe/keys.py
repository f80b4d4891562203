"""Keys of the merchant's account at Stripe, and the address of the service."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from shop.payments.configured.declared import KeyField, SettingsForm
from shop.payments.configured.in_force import settings_in_force

API = "https://api.stripe.com"


class StripeSettings(SettingsForm):
    provider = "stripe"
    title = "Stripe"
    secrets = frozenset({"secret_key", "webhook_secret"})
    variables = {"secret_key": "STRIPE_SECRET_KEY", "webhook_secret": "STRIPE_WEBHOOK_SECRET"}

    secret_key = KeyField(
        r"[sr]k_[!-~]{1,300}",
        label=_("Secret key"),
        help_text=_("Begins with sk_ or rk_. In Stripe’s dashboard: Developers, API keys."),
        wrong=_("A secret key of Stripe begins with sk_ or rk_."),
    )
    webhook_secret = KeyField(
        r"whsec_[!-~]{1,300}",
        label=_("Signing secret of the webhook"),
        help_text=_(
            "Begins with whsec_. In Stripe’s dashboard: Developers, Webhooks; for the events checkout.session.*, "
            "refund.* and charge.dispute.*."
        ),
        wrong=_("A signing secret of Stripe begins with whsec_."),
    )

    @classmethod
    def is_test(cls, values: Mapping[str, str]) -> bool:
        return "_test_" in values["secret_key"]


@dataclass(frozen=True)
class Keys:
    """Keys of the merchant's account, and the address of the service."""

    secret_key: str
    webhook_secret: str
    address: str


def keys() -> Keys:
    """Return the keys in force, empty ones where nothing is configured; the environment may name another address, for
    the stand-in of development."""
    found = settings_in_force(StripeSettings)
    address = os.environ.get("STRIPE_API_BASE", "").strip() or API
    return Keys(found.get("secret_key", ""), found.get("webhook_secret", ""), address)
