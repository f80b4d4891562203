"""Course groups in the admin: those of orders are read-only, standing ones are made and renamed here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, cast

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.decorators import display

from accounts.people.models import User
from common.admin.autocomplete import CheckedAutocomplete
from common.admin.display import NOTHING
from common.admin.refusals import TellsRefusals
from common.made_from import MadeFrom
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.groups.services import save_standing_group
from enrolments.courses.places.services import lock_courses
from enrolments.display import order_link

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Counted(TypedDict):
    """Columns that `CourseGroupAdmin.get_queryset` adds to the rows of the list."""

    members: int


class StandingGroupForm(MadeFrom, forms.ModelForm):
    """Form of a standing group that refuses at the field a name the course already has."""

    def lock_row(self) -> None:
        lock_courses([self.instance.course_id])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        course, name = cleaned.get("course") or self.instance.course_id, cleaned.get("name")
        same = CourseGroup.objects.standing().filter(course=course).named(name or "")
        if course and same.exclude(pk=self.instance.pk).exists():
            self.add_error("name", _("This course has a group of that name."))
        return cleaned


class KindFilter(DropdownFilter):
    """Filter by kind: groups of orders, or standing ones."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [("order", _("of an order")), ("standing", _("standing"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CourseGroup]) -> QuerySet[CourseGroup]:
        if self.value() not in ("order", "standing"):
            return queryset
        return queryset.filter(order_id__isnull=self.value() == "standing")


@admin.register(CourseGroup)
class CourseGroupAdmin(CheckedAutocomplete, TellsRefusals):
    form = StandingGroupForm
    list_display = ("name", "course", "account", "order", "members")
    list_filter = (KindFilter, ("course", AutocompleteSelectFilter))
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ("search_text", "course__search_text", "account__search_text")
    search_help_text = _("Name or order number, course, account")
    ordering = ("-id",)
    autocomplete_fields = ("course",)
    list_select_related = ("course", "account")
    list_per_page = 50
    show_full_result_count = False

    def get_fields(self, request: HttpRequest, obj: CourseGroup | None = None) -> tuple[str, ...]:
        if obj is None or obj.order_id is None:
            return ("course", "name")
        return ("course", "name", "account", "order")

    def get_readonly_fields(self, request: HttpRequest, obj: CourseGroup | None = None) -> tuple[str, ...]:
        return () if obj is None else ("course", "order")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CourseGroup]:
        members = Count("grounds__enrolment__user", filter=Q(grounds__ended_at__isnull=True), distinct=True)
        return super().get_queryset(request).annotate(members=members)

    def has_change_permission(self, request: HttpRequest, obj: CourseGroup | None = None) -> bool:
        return (obj is None or obj.order_id is None) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: CourseGroup | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: CourseGroup, form: Any, change: bool) -> None:
        save_standing_group(group=obj, actor=cast(User, request.user))

    @display(description=_("order"), ordering="order_id")
    def order(self, group: CourseGroup) -> SafeString | str:
        return NOTHING if group.order_id is None else order_link(group.order_id, group.name)

    @display(description=_("people"), ordering="members")
    def members(self, group: WithAnnotations[CourseGroup, Counted]) -> int:
        return group.members
