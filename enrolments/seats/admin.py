"""Seats in the admin, read-only, with their history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from common.admin.display import NOTHING, Label, day, person_in_two_lines
from common.admin.filters import DayRangeFilter
from common.admin.readonly import ReadOnlyAdmin
from common.languages import in_reader_language
from common.words import end_in_words, start_in_words
from enrolments.display import order_link
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.give_admin import GIVE, GivingSeats
from enrolments.seats.models import ASSIGNABLE_UNTIL, Seat, SeatQuerySet, SeatState
from enrolments.seats.move_terms_admin import LiftingMoveLimit

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

EVENTS_SHOWN = 200

SEAT_COLOURS = {
    SeatState.AVAILABLE: "info",
    SeatState.ASSIGNED: "primary",
    SeatState.CONSUMED: "success",
    SeatState.EXPIRED: "warning",
    SeatState.REVOKED: "danger",
}


class StateFilter(DropdownFilter):
    """Filter by the state that seats are in, whether or not a job has written it down."""

    title = pgettext_lazy("of a seat", "state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return list(SeatState.choices)

    def queryset(self, request: HttpRequest, queryset: SeatQuerySet) -> SeatQuerySet:
        state = self.value()
        return queryset.being(state, timezone.now()) if state in SeatState.values else queryset


@admin.register(Seat)
class SeatAdmin(ReadOnlyAdmin):
    list_display = ("seat", "state_label", "order", "entry", "account", "learner", "course_name", "assigned_on")
    list_filter = (
        StateFilter,
        ("batch__source", ChoicesDropdownFilter),
        ("course", AutocompleteSelectFilter),
        ("assigned_at", DayRangeFilter),
    )
    list_filter_submit = True
    list_fullwidth = True
    search_fields = (
        "batch__order_number", "account__search_text", "person__search_text", "course__search_text",
    )  # fmt: skip
    whole_fields = ("batch__order_number", "person__email")
    search_help_text = _("Order number, entry, account, person or course")
    linked_lookups = ("account__id__exact",)
    list_select_related = ("batch", "account", "person", "course")
    ordering = ("-id",)
    fields = (
        "order", "entry", "account", "state_label", "number", "role", "course", "person", "enrolment", "keeps_place",
        "until", "assigned_at", "assigned_by", "consumed_at",
    )  # fmt: skip
    readonly_fields = fields
    change_form_outer_after_template = "seats/admin/seat_history.html"

    def row_context(self, request: HttpRequest, row: Seat) -> dict[str, Any]:
        return {"moves": row.events.select_related("actor", "person", "course").order_by("-pk")[:EVENTS_SHOWN]}

    @display(description=_("seat"), ordering="id")
    def seat(self, seat: Seat) -> str:
        return f"#{seat.pk}"

    @display(description=pgettext_lazy("of a seat", "state"), ordering="state")
    def state_label(self, seat: Seat) -> SafeString:
        state = seat.state_at(timezone.now())
        return Label(state.label, SEAT_COLOURS[state]).html

    @display(description=_("order"), ordering="batch__order_id")
    def order(self, seat: Seat) -> SafeString | str:
        return order_link(seat.batch.order_id, seat.batch.order_number)

    @display(description=_("entry"), ordering="batch__entry_code")
    def entry(self, seat: Seat) -> str:
        return in_reader_language(seat.batch.entry_name) or seat.batch.entry_code

    @display(description=_("person"), ordering="person__email")
    def learner(self, seat: Seat) -> SafeString | str:
        return person_in_two_lines(seat.person)

    @display(description=_("course"), ordering="course__short_name")
    def course_name(self, seat: Seat) -> str:
        return seat.course.short_name if seat.course else NOTHING

    @display(description=_("assigned"), ordering="assigned_at")
    def assigned_on(self, seat: Seat) -> SafeString | str:
        return day(seat.assigned_at)

    @display(description=_("assignable until"), ordering=ASSIGNABLE_UNTIL)
    def until(self, seat: Seat) -> str:
        return end_in_words(seat.assignable_until) if seat.assignable_until else NOTHING


class Counted(TypedDict):
    """Columns that `SeatBatchAdmin.get_queryset` adds to the rows of the list."""

    seat_count: int


@admin.register(SeatBatch)
class SeatBatchAdmin(GivingSeats, LiftingMoveLimit):
    list_display = ("order", "entry", "source", "account", "seat_count", "course_list", "until", "sold_on")
    list_filter = (
        ("source", ChoicesDropdownFilter),
        ("sold_at", DayRangeFilter),
        ("valid_until", DayRangeFilter),
    )
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ("order_number", "account__search_text")
    whole_fields = ("order_number",)
    search_help_text = _("Order number, account or entry code")
    list_select_related = ("account", "given_from")
    ordering = ("-id",)
    fields = (
        "order", "entry", "source", "account", "given_from", "course_list", "course", "group", "supervisor_role",
        "duration_days", "qualification_months", "starts", "ends", "valid_until", "move_days_before", "sold_at",
        "seat_count",
    )  # fmt: skip
    readonly_fields = fields
    change_form_outer_after_template = "seats/admin/batch_given.html"

    def row_context(self, request: HttpRequest, row: SeatBatch) -> dict[str, Any]:
        return {
            "given": row.given.select_related("account").annotate(seat_count=Count("seats")).order_by("pk"),
            "may_lift": self.may_lift(request, row),
            "may_give": row.source == SeatBatch.Source.PACK and request.user.has_perm(GIVE),
        }

    def get_queryset(self, request: HttpRequest) -> QuerySet[SeatBatch]:
        return super().get_queryset(request).annotate(seat_count=Count("seats"))

    @display(description=_("order"), ordering="order_id")
    def order(self, batch: SeatBatch) -> SafeString | str:
        return order_link(batch.order_id, batch.order_number)

    @display(description=_("entry"), ordering="entry_code")
    def entry(self, batch: SeatBatch) -> str:
        return in_reader_language(batch.entry_name) or batch.entry_code

    @display(description=_("assignable until"), ordering="valid_until")
    def until(self, batch: SeatBatch) -> str:
        return end_in_words(batch.valid_until) if batch.valid_until else NOTHING

    @display(description=_("sold"), ordering="sold_at")
    def sold_on(self, batch: SeatBatch) -> SafeString | str:
        return day(batch.sold_at)

    @display(description=_("enrolment starts"))
    def starts(self, batch: SeatBatch) -> str:
        return start_in_words(batch.starts_at) if batch.starts_at else NOTHING

    @display(description=_("enrolment ends"))
    def ends(self, batch: SeatBatch) -> str:
        return end_in_words(batch.ends_at) if batch.ends_at else NOTHING

    @display(description=_("seats"), ordering="seat_count")
    def seat_count(self, batch: WithAnnotations[SeatBatch, Counted]) -> int:
        return batch.seat_count
