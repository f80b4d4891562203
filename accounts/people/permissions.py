"""Permissions in words, by the thing that they are about, and groups, as boxes on the pages of groups and people."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import pgettext
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

if TYPE_CHECKING:

    class WithPermissions:
        """Stand-in for the part of a ModelAdmin that the mixin calls."""

        def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any: ...

else:
    WithPermissions = object


def thing_of(permission: Permission) -> str:
    """Return the plural of the thing that a permission is about; its bare name if the thing is no longer installed."""
    model = permission.content_type.model_class()
    return str(capfirst(str(model._meta.verbose_name_plural))) if model else permission.content_type.model


def in_words(permission: Permission) -> str:
    """Return what a permission allows, in the reader's language."""
    usual = {
        "view": pgettext("permission", "look at"),
        "add": pgettext("permission", "add"),
        "change": pgettext("permission", "change"),
        "delete": pgettext("permission", "delete"),
    }
    verb, _underscore, name = permission.codename.partition("_")
    if verb in usual and name == permission.content_type.model:
        return usual[verb]
    model = permission.content_type.model_class()
    own = dict(model._meta.permissions) if model else {}
    return str(own.get(permission.codename, permission.name)).removeprefix("Can ")


def grouped(permissions: Iterable[Permission]) -> list[tuple[str, list[tuple[int, str]]]]:
    """List permissions in words by their thing, things by name."""
    found = sorted(permissions, key=lambda each: (thing_of(each).casefold(), thing_of(each), each.pk))
    return [(thing, [(each.pk, in_words(each)) for each in those]) for thing, those in groupby(found, key=thing_of)]


class PermissionsField(ModelMultipleChoiceField):
    """Boxes to tick, grouped by the thing."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def label_from_instance(self, obj: Any) -> str:
        return f"{thing_of(obj)}: {in_words(obj)}"


class ReadablePermissions(WithPermissions):
    """Mixin of a ModelAdmin whose rows hold permissions or groups."""

    def permissions_offered(self, request: HttpRequest) -> QuerySet[Permission]:
        """Return the permissions to choose from."""
        return Permission.objects.all()

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is not Permission:
            boxes = UnfoldAdminCheckboxSelectMultipleWidget()
            return super().formfield_for_manytomany(db_field, request, **{"widget": boxes, **kwargs})
        permissions = self.permissions_offered(request).select_related("content_type")
        field = db_field.formfield(form_class=PermissionsField, queryset=permissions, help_text="")
        field.choices = grouped(permissions)
        return field
