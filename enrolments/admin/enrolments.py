"""Enrolments in the admin: to look at, with their grounds and events."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from enrolments.admin.display import NOTHING, purchase
from enrolments.models import Enrolment
from enrolments.texts import end_in_words, start_in_words
from outbox.admin.readonly import ReadOnlyAdmin

EVENTS_SHOWN = 200


@admin.register(Enrolment)
class EnrolmentAdmin(ReadOnlyAdmin):
    list_display = ("user", "course", "role", "starts", "ends", "first_entered_at", "is_open")
    list_filter = (("closed_at", admin.EmptyFieldListFilter), ("first_entered_at", admin.EmptyFieldListFilter), "role")
    search_fields = ("user__email", "user__last_name", "course__short_name")
    list_select_related = ("user", "course", "role")
    ordering = ("-id",)
    fields = ("user", "course", "role", "starts", "ends", "opened_at", "first_entered_at", "closed_at")
    readonly_fields = fields
    change_form_outer_after_template = "enrolments/admin/enrolment_history.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        enrolment = self.get_object(request, object_id)
        if enrolment is not None:
            grounds = enrolment.grounds.select_related("account", "group").order_by("pk")
            extra_context = {
                **(extra_context or {}),
                "grounds": [{"ground": ground, "purchase": purchase(ground)} for ground in grounds],
                "events": enrolment.events.order_by("-pk")[:EVENTS_SHOWN],
            }
        return super().change_view(request, object_id, form_url, extra_context)

    @display(description=_("starts"), ordering="starts_at")
    def starts(self, enrolment: Enrolment) -> str:
        return start_in_words(enrolment.starts_at)

    @display(description=_("ends"), ordering="ends_at")
    def ends(self, enrolment: Enrolment) -> str:
        return end_in_words(enrolment.ends_at) if enrolment.ends_at else NOTHING

    @display(description=_("open"), boolean=True, ordering="closed_at")
    def is_open(self, enrolment: Enrolment) -> bool:
        return enrolment.closed_at is None
