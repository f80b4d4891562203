"""Keys of the merchant's account at GoCardless, and the addresses of the service."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from shop.payments.configured.declared import KeyField, SettingsForm
from shop.payments.configured.in_force import settings_in_force

API, PAGES = "https://api.gocardless.com", "https://pay.gocardless.com"
TEST_API, TEST_PAGES = "https://api-sandbox.gocardless.com", "https://pay-sandbox.gocardless.com"


class GoCardlessSettings(SettingsForm):
    provider = "gocardless"
    title = "GoCardless"
    secrets = frozenset({"access_token", "webhook_secret"})
    variables = {"access_token": "GOCARDLESS_ACCESS_TOKEN", "webhook_secret": "GOCARDLESS_WEBHOOK_SECRET"}

    access_token = KeyField(
        r"(live|sandbox)_[\w-]{1,200}",
        label=_("Access token"),
        help_text=_("Begins with live_ or sandbox_. In GoCardless: Developers, Create, Access token, read and write."),
        wrong=_("An access token of GoCardless begins with live_ or sandbox_."),
    )
    webhook_secret = KeyField(
        r"\S{8,200}",
        label=_("Secret of the webhook"),
        help_text=_("Typed or shown where the webhook endpoint is made: Developers, Create, Webhook endpoint."),
        wrong=_("The secret of a webhook has 8 to 200 characters, none of them a space."),
    )

    @classmethod
    def is_test(cls, values: Mapping[str, str]) -> bool:
        return not values["access_token"].startswith("live_")


@dataclass(frozen=True)
class Keys:
    """Keys of the merchant's account, and the addresses of the service and of its pages."""

    access_token: str
    webhook_secret: str
    address: str
    pages: str


def keys() -> Keys:
    """Return the keys in force, empty ones where nothing is configured; the environment may name another address, for
    the stand-in of development."""
    values = settings_in_force(GoCardlessSettings)
    token = values.get("access_token", "")
    api, pages = (API, PAGES) if token.startswith("live_") else (TEST_API, TEST_PAGES)
    stand_in = os.environ.get("GOCARDLESS_API_BASE", "").strip()
    return Keys(token, values.get("webhook_secret", ""), stand_in or api, stand_in or pages)
