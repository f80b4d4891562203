"""Settings of providers in force: those saved in the administration, else those of the environment."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

from common.secrets import Purpose, Undecryptable, decrypt
from shop.payments.configured.declared import SettingsForm, of_environment
from shop.payments.configured.models import ProviderSettings

# How long a process goes by what it read: pages ask several times. A change is known everywhere that much later.
KEPT_SECONDS = 5.0


@dataclass(frozen=True)
class Saved:
    """Settings of one provider as saved: whether it is offered, None for as PAYMENT_PROVIDERS says; and its keys, None
    where none were saved, {} where the present SECRET_KEY does not open them."""

    is_offered: bool | None
    values: Mapping[str, str] | None


class _Memory:
    """The settings last read, and the moment of that."""

    read_at: float = float("-inf")
    settings: Mapping[str, Saved] = {}


def settings_in_force(form: type[SettingsForm]) -> Mapping[str, str]:
    """Return a provider's settings by field; {} where there are none. Keys of two accounts are never mixed."""
    saved = _saved().get(form.provider)
    return of_environment(form) if saved is None or saved.values is None else saved.values


def is_offered(name: str, *, unless_said: bool) -> bool:
    """Tell whether the merchant offers a payment method, `unless_said` where they have not said it."""
    saved = _saved().get(name)
    return unless_said if saved is None or saved.is_offered is None else saved.is_offered


def forget() -> None:
    """Have the next question read the settings anew."""
    _Memory.read_at = float("-inf")


def remember(settings: Mapping[str, Saved]) -> None:
    """Go by these settings for the next seconds."""
    _Memory.settings, _Memory.read_at = settings, time.monotonic()


def values_of(row: ProviderSettings) -> Mapping[str, str] | None:
    """Return the keys saved in a row, None where there are none. Raises Undecryptable."""
    if row.keys_at is None:
        return None
    secret = json.loads(decrypt(row.secret, Purpose.PROVIDER)) if row.secret else {}
    return {**row.plain, **secret}


def _saved() -> Mapping[str, Saved]:
    if time.monotonic() - _Memory.read_at > KEPT_SECONDS:
        remember({row.name: _of_row(row) for row in ProviderSettings.objects.all()})
    return _Memory.settings


def _of_row(row: ProviderSettings) -> Saved:
    offered = None if row.offer == ProviderSettings.Offer.AS_SET else row.offer == ProviderSettings.Offer.YES
    try:
        return Saved(offered, values_of(row))
    except Undecryptable:
        return Saved(offered, {})
