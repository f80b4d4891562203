"""Roles in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from modeltranslation.admin import TranslationAdmin

from common.admin.languages import language_tabs
from common.admin.refusals import TellsRefusals
from enrolments.courses.roles.models import Role
from enrolments.courses.roles.services import is_fixed, save_role


@admin.register(Role)
class RoleAdmin(TellsRefusals, TranslationAdmin):
    list_display = ("code", "name", "kind")
    search_fields = ("search_text",)
    search_help_text = gettext_lazy("Code or name")
    ordering = ("code",)

    def get_fieldsets(self, request: HttpRequest, obj: Role | None = None) -> list[Any]:
        return [(None, {"fields": ["code", "kind"]}), *language_tabs("name")]

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        return ("code", "kind") if obj is not None and is_fixed(obj) else ()

    def has_delete_permission(self, request: HttpRequest, obj: Role | None = None) -> bool:
        return obj is not None and not is_fixed(obj) and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Role, form: Any, change: bool) -> None:
        save_role(role=obj)
