"""Changes to the settings of providers, and tries of their keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.refusals import Refused
from common.secrets import Purpose, Undecryptable, encrypt
from shop.payments.configured.declared import SettingsForm
from shop.payments.configured.in_force import forget, values_of
from shop.payments.configured.keyed import Connection, Keyed
from shop.payments.configured.models import ACCOUNT_LENGTH, PROBLEM_LENGTH, ProviderSettings
from shop.payments.port import CallRefused

if TYPE_CHECKING:
    from accounts.people.models import User

UNCHECKED: Mapping[str, Any] = {"checked_at": None, "problem": "", "account": "", "is_test": None}


class KeysIncomplete(Refused):
    """Refusal of keys that are not all there, or of which one makes no sense."""

    message = _("Not all keys are there: copy each from the provider’s site.")


class KeysChanged(Refused):
    """Refusal because somebody has saved other keys since the page was shown."""

    message = _("The keys were changed meanwhile. Look at them again.")


def completed(form: type[SettingsForm], row: ProviderSettings, typed: Mapping[str, str]) -> Mapping[str, str] | None:
    """Return all keys that a form would save: a secret left empty stays as it was. None if nothing was typed and
    nothing is saved."""
    try:
        saved = values_of(row) or {}
    except Undecryptable:
        saved = {}
    if not saved and not any(typed.values()):
        return None
    return {name: typed.get(name) or (saved.get(name, "") if name in form.secrets else "") for name in form.base_fields}


@transaction.atomic
def save_settings(
    *, provider: Keyed, offer: str, typed: Mapping[str, str], actor: User, now: datetime
) -> ProviderSettings:
    """Save whether a method is offered and the keys typed for its provider (`completed`). Locks the row.

    Other keys have to be checked anew. Raises KeysIncomplete; then nothing was written.
    """
    row = _locked(provider.name)
    row.offer = offer
    form = provider.settings_form
    values = completed(form, row, typed) if form else None
    if form and values is not None and values != _saved(row):
        bound = form(values)
        if not bound.is_valid():
            raise KeysIncomplete
        row.plain = {name: value for name, value in bound.cleaned_data.items() if name not in form.secrets}
        secret = {name: value for name, value in bound.cleaned_data.items() if name in form.secrets}
        row.secret = encrypt(json.dumps(secret), Purpose.PROVIDER)
        row.keys_at, row.keys_by = now, actor
        _set(row, UNCHECKED)
    _save(row)
    return row


@transaction.atomic
def remove_keys(*, provider: Keyed, seen: datetime | None) -> ProviderSettings:
    """Remove the keys saved at the moment `seen`: those of the environment count again, if there are any. Locks the
    row. Raises KeysChanged."""
    row = _locked(provider.name)
    if row.keys_at is None or row.keys_at != seen:
        raise KeysChanged
    _set(row, {"plain": {}, "secret": "", "keys_at": None, "keys_by": None, **UNCHECKED})
    _save(row)
    return row


def try_keys(*, provider: Keyed, now: datetime) -> Connection:
    """Call a provider to try its keys, and note what it said; silence is not noted. Locks nothing while it waits.

    Raises Unreachable, and CallRefused with the code that was noted; `not_configured` where there are no keys.
    """
    if provider.settings_form is None or not provider.has_keys():
        raise CallRefused("not_configured")
    keys_at = ProviderSettings.objects.filter(name=provider.name).values_list("keys_at", flat=True).first()
    try:
        found = provider.check_connection()
    except CallRefused as refusal:
        _note(provider.name, keys_at, {**UNCHECKED, "checked_at": now, "problem": str(refusal)[:PROBLEM_LENGTH]})
        raise
    noted = {"account": found.account[:ACCOUNT_LENGTH].replace("\0", ""), "is_test": found.is_test}
    _note(provider.name, keys_at, {**UNCHECKED, "checked_at": now, **noted})
    return found


def _note(name: str, keys_at: datetime | None, noted: Mapping[str, Any]) -> None:
    """Note a try of keys, unless others were saved meanwhile."""
    ProviderSettings.objects.filter(name=name, keys_at=keys_at).update(**noted)


def _saved(row: ProviderSettings) -> Mapping[str, str] | None:
    try:
        return values_of(row)
    except Undecryptable:
        return None


def _locked(name: str) -> ProviderSettings:
    return ProviderSettings.objects.select_for_update(no_key=True).get(name=name)


def _set(row: ProviderSettings, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _save(row: ProviderSettings) -> None:
    row.save()
    # At once, for what follows in this transaction, and again once others can read it.
    forget()
    transaction.on_commit(forget)
