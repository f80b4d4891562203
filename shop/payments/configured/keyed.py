"""Outside services whose keys the merchant sets in the administration: payment providers, platforms for invoices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from shop.payments.configured.declared import SettingsForm
from shop.payments.configured.in_force import settings_in_force


@dataclass(frozen=True)
class Connection:
    """Answer of a service to a try of the keys: the account's name there, "" if it tells none, and whether no money
    moves."""

    account: str
    is_test: bool


class Keyed:
    """Service named by its package. `settings_form` declares the keys that it needs, None for none."""

    name: ClassVar[str]
    settings_form: ClassVar[type[SettingsForm] | None] = None

    @property
    def title(self) -> str:
        """Return the name by which the merchant knows the service; "" for one without keys."""
        return str(self.settings_form.title) if self.settings_form else ""

    def values(self) -> Mapping[str, str]:
        """Return the settings in force by field; {} for a service that has none, or needs none."""
        return settings_in_force(self.settings_form) if self.settings_form else {}

    def has_keys(self) -> bool:
        """Tell whether the service can be called and heard, as far as that takes keys."""
        return self.settings_form is None or bool(self.values())

    def check_connection(self) -> Connection:
        """Try the keys in force, and return what the service says of them. Raises Unreachable and CallRefused."""
        raise NotImplementedError
