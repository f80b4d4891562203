"""Details of events of the security log, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from accounts.people.permissions import in_words, thing_of
from accounts.staff.choices import group_in_words
from common.admin.display import NOTHING

NAMES = {
    "act": pgettext_lazy("detail of a security event", "act"),
    "address": pgettext_lazy("detail of a security event", "address typed (hash)"),
    "all": pgettext_lazy("detail of a security event", "with every right"),
    "approval": pgettext_lazy("detail of a security event", "request for a second person"),
    "asked_by": pgettext_lazy("detail of a security event", "asked by person"),
    "by": pgettext_lazy("detail of a security event", "by"),
    "count": pgettext_lazy("detail of a security event", "number"),
    "events": pgettext_lazy("detail of a security event", "events"),
    "factor": pgettext_lazy("detail of a security event", "factor"),
    "group": pgettext_lazy("detail of a security event", "group"),
    "groups_given": pgettext_lazy("detail of a security event", "roles and groups given"),
    "groups_taken": pgettext_lazy("detail of a security event", "roles and groups taken"),
    "limit": pgettext_lazy("detail of a security event", "limit"),
    "page": pgettext_lazy("detail of a security event", "page"),
    "pattern": pgettext_lazy("detail of a security event", "pattern"),
    "permissions": pgettext_lazy("detail of a security event", "rights"),
    "permissions_given": pgettext_lazy("detail of a security event", "rights given"),
    "permissions_taken": pgettext_lazy("detail of a security event", "rights taken"),
    "row": pgettext_lazy("detail of a security event", "row"),
    "superuser": pgettext_lazy("detail of a security event", "every right"),
    "which": pgettext_lazy("detail of a security event", "which"),
    "who": pgettext_lazy("detail of a security event", "counted for (hash)"),
    "why": pgettext_lazy("detail of a security event", "reason"),
}
VALUES = {
    "administration": pgettext_lazy("detail of a security event", "the administration"),
    "all": pgettext_lazy("detail of a security event", "all"),
    "code": pgettext_lazy("detail of a security event", "code"),
    "factor_removed": pgettext_lazy("detail of a security event", "second factor of staff removed"),
    "failures": pgettext_lazy("detail of a security event", "failed sign-ins from one network"),
    "lock_outs": pgettext_lazy("detail of a security event", "many attempts stopped"),
    "mail": pgettext_lazy("detail of a security event", "mailed code"),
    "mfa": pgettext_lazy("detail of a security event", "second factor"),
    "passkey": pgettext_lazy("detail of a security event", "passkey"),
    "password": pgettext_lazy("detail of a security event", "password"),
    "recovery_codes": pgettext_lazy("detail of a security event", "recovery codes"),
    "rights_changed": pgettext_lazy("detail of a security event", "rights changed"),
    "rights_refused": pgettext_lazy("detail of a security event", "rights refused"),
    "staff_made": pgettext_lazy("detail of a security event", "access to the administration given"),
    "totp": pgettext_lazy("detail of a security event", "authenticator app"),
    "webauthn": pgettext_lazy("detail of a security event", "passkey"),
}
SHOWN_IN_LISTS = 5


def in_short(details: Mapping[str, Any]) -> str:
    """Return the details on one line, long lists by their number. Asks no database."""
    return " · ".join(f"{name}: {_shortened(values)}" for name, values in _named(details)) or NOTHING


def at_length(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List names and values, rights and groups by their names. Two queries at most."""
    return [(name, ", ".join(values)) for name, values in _named(_with_names(details))]


def _named(details: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    return [
        (str(NAMES.get(name, name)), [_value(name, each) for each in (value if isinstance(value, list) else [value])])
        for name, value in details.items()
    ]


def _shortened(values: list[str]) -> str:
    return str(len(values)) if len(values) > SHOWN_IN_LISTS else ", ".join(values) or NOTHING


def _value(name: str, value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "page":
        return _page(str(value))
    return str(VALUES.get(value, value))


def _page(name: str) -> str:
    """Return the plural of a model by its label; the name of any other page as it is."""
    try:
        return str(apps.get_model(name)._meta.verbose_name_plural)
    except (LookupError, ValueError):
        return name


def _with_names(details: Mapping[str, Any]) -> dict[str, Any]:
    """Put names in the place of keys of rights and groups; keys of what is no longer there stay."""
    named = dict(details)
    for prefix, names_of in (("permissions", _permissions), ("group", _groups)):
        lists = {name: value for name, value in details.items() if name.startswith(prefix)}
        keys = {each for value in lists.values() for each in (value if isinstance(value, list) else [value])}
        found = names_of(keys) if keys else {}
        for name, value in lists.items():
            named[name] = [found.get(each, each) for each in (value if isinstance(value, list) else [value])]
    return named


def _permissions(keys: set[int]) -> dict[int, str]:
    rows = Permission.objects.filter(pk__in=keys).select_related("content_type")
    return {row.pk: f"{thing_of(row)}: {in_words(row)}" for row in rows}


def _groups(keys: set[int]) -> dict[int, str]:
    return {row.pk: group_in_words(row) for row in Group.objects.filter(pk__in=keys).select_related("staff_role")}
