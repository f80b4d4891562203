"""Waiting lists in the admin, read-only: who waits for which course, since when, and the offers that stand."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import F
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from common.admin.display import NOTHING, choice_label, moment, person_in_two_lines
from common.admin.filters import DayRangeFilter
from common.admin.readonly import ReadOnlyAdmin
from enrolments.waiting.models import WaitingPlace

State = WaitingPlace.State
COLOURS = {State.WAITING: "info", State.OFFERED: "warning", State.TAKEN: "success"}


@admin.register(WaitingPlace)
class WaitingPlaceAdmin(ReadOnlyAdmin):
    """Open places come first, those of a course in their turn."""

    list_display = ("course", "who", "left_of", "state_label", "since", "offered_until", "ended")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("course", AutocompleteSelectFilter),
        ("joined_at", DayRangeFilter),
    )
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ("account__search_text", "person__search_text", "course__short_name")
    search_help_text = _("Account, person or short name of a course")
    ordering = (F("ended_at").desc(nulls_first=True), "course__short_name", "joined_at", "pk")
    list_select_related = ("course", "person", "account")
    fields = (
        "course", "person", "account", "places", "taken", "entry_code", "state", "joined_at", "offered_at",
        "offer_ends_at", "ended_at",
    )  # fmt: skip
    readonly_fields = fields

    @display(description=pgettext_lazy("waiting list", "who waits"))
    def who(self, place: WaitingPlace) -> SafeString | str:
        return person_in_two_lines(place.person) if place.account is None else str(place.account)

    @display(description=_("places"))
    def left_of(self, place: WaitingPlace) -> str:
        return f"{place.left} / {place.places}" if place.taken else str(place.places)

    @display(description=_("state"), ordering="state")
    def state_label(self, place: WaitingPlace) -> SafeString:
        return choice_label(place, "state", COLOURS)

    @display(description=_("waits since"), ordering="joined_at")
    def since(self, place: WaitingPlace) -> str:
        return moment(place.joined_at)

    @display(description=_("offered until"), ordering="offer_ends_at")
    def offered_until(self, place: WaitingPlace) -> str:
        return moment(place.offer_ends_at) if place.is_offered else NOTHING

    @display(description=_("ended"), ordering="ended_at")
    def ended(self, place: WaitingPlace) -> str:
        return moment(place.ended_at)
