"""Roles and groups to choose from on a person's page."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet
from django.forms import ModelMultipleChoiceField
from django.utils.html import format_html
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.people.models import User
from accounts.staff.models import StaffRole
from accounts.staff.roles import ROLES, Role, among


def role_of(group: Group) -> Role | None:
    """Return the ready-made role that a group is; None for a merchant's own, and for a role of another release."""
    stored: StaffRole | None = getattr(group, "staff_role", None)
    return ROLES.find(stored.code) if stored else None


def group_in_words(group: Group) -> str:
    """Return the label of a ready-made role in the reader's language, or the name of a merchant's own group."""
    role = role_of(group)
    return str(role.label) if role else group.name


def groups_to_give(*, giver: User, held_by: int | None) -> QuerySet[Group]:
    """Return the groups of which the giver has every right, and those that the person is in."""
    groups = Group.objects.select_related("staff_role").order_by("staff_role__pk", "name")
    if giver.is_superuser:
        return groups
    beyond = Permission.objects.exclude(among(giver.get_all_permissions()))
    return groups.filter(~Q(permissions__in=beyond) | Q(user=held_by)).distinct()


class GroupsField(ModelMultipleChoiceField):
    """Boxes to tick: ready-made roles with a sentence each, then the merchant's own groups."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def __init__(self, queryset: Any, **options: Any) -> None:
        super().__init__(queryset, **options)
        roles, own = [], []
        for group in queryset:
            role = role_of(group)
            if role is None:
                own.append((group.pk, group.name))
            else:
                text = format_html("<strong>{}</strong> · {}", role.label, role.sentence)
                roles.append((group.pk, text))
        parts = [(_("Ready-made roles"), roles), (_("Groups of your own"), own)]
        self.choices = [part for part in parts if part[1]]

    def label_from_instance(self, obj: Any) -> str:
        return group_in_words(obj)
