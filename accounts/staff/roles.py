"""Ready-made roles: what each is called, what it is for, and its permissions. A floor above names them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps as current_apps
from django.apps.registry import Apps
from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise

from common.registry import Registry


@dataclass(frozen=True)
class Role:
    """A role of staff. `permissions` are written `app.codename`; `group` is the stored name of its group."""

    code: str
    label: str | Promise = field(compare=False)
    sentence: str | Promise = field(compare=False)
    permissions: frozenset[str]

    @property
    def group(self) -> str:
        """Name of the group, which the previous release shows as it is; one that no merchant has given to a group."""
        return f"amphi-{self.code}"


ROLES: Registry[Role] = Registry("role of staff")


def offered() -> frozenset[str]:
    """Return the permissions that some role has: those that a page or a button asks for."""
    return frozenset().union(*(role.permissions for role in ROLES))


def among(permissions: Iterable[str]) -> Q:
    """Return the condition on rows of Permission for permissions written `app.codename`."""
    wanted = Q(pk=None)
    by_app: dict[str, list[str]] = {}
    for permission in permissions:
        app, _dot, codename = permission.partition(".")
        by_app.setdefault(app, []).append(codename)
    for app, codenames in by_app.items():
        wanted |= Q(content_type__app_label=app, codename__in=codenames)
    return wanted


def make_role_groups(*, apps: Apps = current_apps, **_signal: Any) -> None:
    """Make the group of each role that has none, and give every role's group the permissions of the code.

    Groups of merchants are not touched, whatever they are called. Run after each `migrate`, so that a role follows the
    release; a release that knows nothing of roles lives with plain groups. Writes nothing where all is as it should be.
    """
    try:
        staff_role = apps.get_model("accounts", "StaffRole")
        group, permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:
        return
    with transaction.atomic():
        stored = {row.code: row.group for row in staff_role.objects.select_related("group")}
        for role in ROLES:
            found = stored.get(role.code)
            if found is None:
                found = group.objects.create(name=_free_name(group.objects, role.group))
                staff_role.objects.create(code=role.code, group=found)
            found.permissions.set(permission.objects.filter(among(role.permissions)))


def _free_name(groups: Any, name: str) -> str:
    """Return the name, or the name with the first number that no group has yet."""
    taken = set(groups.filter(name__startswith=name).values_list("name", flat=True))
    numbers = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(each for each in numbers if each not in taken)
