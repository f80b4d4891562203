"""Enrolments in the admin, read-only, with their grounds and events."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, TypedDict

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from common.admin.display import NOTHING, Label, day, person_in_two_lines
from common.admin.filters import DayRangeFilter
from common.admin.readonly import ReadOnlyAdmin
from common.words import end_in_words, start_in_words
from enrolments.display import purchase
from enrolments.grounds.models import Enrolment, EnrolmentQuerySet, Ground

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

EVENTS_SHOWN = 200


class Stage(TextChoices):
    """Stage of an enrolment at a moment."""

    RUNNING = "running", pgettext_lazy("stage of an enrolment", "running")
    AHEAD = "ahead", pgettext_lazy("stage of an enrolment", "not begun")
    OVER = "over", pgettext_lazy("stage of an enrolment", "over")
    CLOSED = "closed", pgettext_lazy("stage of an enrolment", "taken back")


STAGE_COLOURS = {Stage.RUNNING: "success", Stage.AHEAD: "info", Stage.OVER: "default", Stage.CLOSED: "danger"}


class StageFilter(DropdownFilter):
    title = _("state")
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return list(Stage.choices)

    def queryset(self, request: HttpRequest, queryset: EnrolmentQuerySet) -> EnrolmentQuerySet:
        now = timezone.now()
        match self.value():
            case Stage.RUNNING:
                begun = queryset.standing_at(now).filter(starts_at__lte=now)
                return begun.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now))
            case Stage.AHEAD:
                return queryset.standing_at(now).filter(starts_at__gt=now)
            case Stage.OVER:
                return queryset.standing_at(now).filter(starts_at__lte=now, ends_at__lte=now)
            case Stage.CLOSED:
                return queryset.exclude(pk__in=queryset.standing_at(now).values("pk"))
        return queryset


class EnteredFilter(DropdownFilter):
    """Filter by whether the person has entered the course."""

    title = _("first entry")
    parameter_name = "entered"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [("yes", _("has entered")), ("no", _("has not entered yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(first_entered_at__isnull=self.value() == "no")


class Standing(TypedDict):
    """Column that `get_queryset` adds: whether a ground stands, which that of a seat not entered in time does not."""

    stands: bool


def stage_of(enrolment: WithAnnotations[Enrolment, Standing], now: datetime.datetime) -> Stage:
    if enrolment.closed_at is not None or not enrolment.stands:
        return Stage.CLOSED
    if enrolment.starts_at > now:
        return Stage.AHEAD
    return Stage.OVER if enrolment.ends_at is not None and enrolment.ends_at <= now else Stage.RUNNING


@admin.register(Enrolment)
class EnrolmentAdmin(ReadOnlyAdmin):
    list_display = ("learner", "course", "role_name", "stage_label", "starts", "ends", "first_entered_on")
    list_filter = (
        StageFilter,
        ("course", AutocompleteSelectFilter),
        ("role", RelatedDropdownFilter),
        EnteredFilter,
        ("opened_at", DayRangeFilter),
    )
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ("user__search_text", "course__search_text")
    whole_fields = ("user__email",)
    search_help_text = _("Person or course")
    list_select_related = ("user", "course", "role")
    ordering = ("-id",)
    fields = ("user", "course", "role", "starts", "ends", "opened_at", "first_entered_at", "closed_at")
    readonly_fields = fields
    change_form_outer_after_template = "grounds/admin/enrolment_history.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Enrolment]:
        standing = Ground.objects.standing_at(timezone.now()).filter(enrolment=OuterRef("pk"))
        return super().get_queryset(request).annotate(stands=Exists(standing))

    def row_context(self, request: HttpRequest, row: Enrolment) -> dict[str, Any]:
        grounds = row.grounds.select_related("account", "group").order_by("pk")
        return {
            "grounds": [{"ground": ground, "purchase": purchase(ground)} for ground in grounds],
            "events": row.events.order_by("-pk")[:EVENTS_SHOWN],
        }

    @display(description=_("person"), ordering="user__email")
    def learner(self, enrolment: Enrolment) -> SafeString | str:
        return person_in_two_lines(enrolment.user)

    @display(description=pgettext_lazy("in a course", "Role"), ordering="role")
    def role_name(self, enrolment: Enrolment) -> str:
        return enrolment.role.name

    @display(description=_("state"))
    def stage_label(self, enrolment: WithAnnotations[Enrolment, Standing]) -> SafeString:
        stage = stage_of(enrolment, timezone.now())
        return Label(stage.label, STAGE_COLOURS[stage]).html

    @display(description=_("first entry"), ordering="first_entered_at")
    def first_entered_on(self, enrolment: Enrolment) -> SafeString | str:
        return day(enrolment.first_entered_at)

    @display(description=_("starts"), ordering="starts_at")
    def starts(self, enrolment: Enrolment) -> str:
        return start_in_words(enrolment.starts_at)

    @display(description=_("ends"), ordering="ends_at")
    def ends(self, enrolment: Enrolment) -> str:
        return end_in_words(enrolment.ends_at) if enrolment.ends_at else NOTHING
