"""Key of the merchant's account at Mollie, and the address of the service."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from shop.payments.configured.declared import KeyField, SettingsForm
from shop.payments.configured.in_force import settings_in_force

API = "https://api.mollie.com"


class MollieSettings(SettingsForm):
    provider = "mollie"
    title = "Mollie"
    secrets = frozenset({"api_key"})
    variables = {"api_key": "MOLLIE_API_KEY"}

    api_key = KeyField(
        r"(live|test)_\w{1,200}",
        label=_("API key"),
        help_text=_("Begins with live_ or test_. In Mollie’s dashboard: Developers, API keys."),
        wrong=_("A key of Mollie begins with live_ or test_."),
    )

    @classmethod
    def is_test(cls, values: Mapping[str, str]) -> bool:
        return not values["api_key"].startswith("live_")


@dataclass(frozen=True)
class Keys:
    """Key of the merchant's account, and the address of the service."""

    api_key: str
    address: str


def keys() -> Keys:
    """Return the key in force, an empty one where nothing is configured; the environment may name another address, for
    the stand-in of development."""
    address = os.environ.get("MOLLIE_API_BASE", "").strip() or API
    return Keys(settings_in_force(MollieSettings).get("api_key", ""), address)
