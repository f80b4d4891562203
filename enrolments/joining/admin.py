"""Join links in the admin, read-only, with their uses and withdrawn codes. No token and no code is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter
from unfold.decorators import display

from accounts.teams.models import Team
from common.admin.display import NOTHING, Label, day
from common.admin.filters import DayRangeFilter
from common.admin.readonly import ReadOnlyAdmin
from common.words import end_in_words
from enrolments.joining.models import JoinLink
from enrolments.joining.selectors import source_name, state_of, withdrawn_codes

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

USES_SHOWN = 200


class Counted(TypedDict):
    """Columns that `get_queryset` adds."""

    used: int


@admin.register(JoinLink)
class JoinLinkAdmin(ReadOnlyAdmin):
    list_display = ("link", "state_label", "has_codes", "account", "source", "used_of", "last_day", "made_on")
    list_filter = (
        ("has_codes", BooleanRadioFilter),
        ("course", AutocompleteSelectFilter),
        ("created_at", DayRangeFilter),
        ("ends_at", DayRangeFilter),
        ("revoked_at", DayRangeFilter),
    )
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ("account__search_text", "batch__order_number", "group__name")
    whole_fields = ("batch__order_number", "group__name")
    search_help_text = _("Account or order number")
    list_select_related = ("account", "batch", "group__course")
    ordering = ("-id",)
    fields = (
        "account", "maker", "source", "course", "team_name", "has_codes", "used_of", "allowed", "created_at",
        "last_day", "revoked_at", "revoked_by",
    )  # fmt: skip
    readonly_fields = fields
    change_form_outer_after_template = "joining/admin/uses.html"

    def row_context(self, request: HttpRequest, row: JoinLink) -> dict[str, Any]:
        return {
            "uses": row.uses.select_related("person", "seat__course").order_by("-pk")[:USES_SHOWN],
            "withdrawn": withdrawn_codes(row).select_related("revoked_by"),
            "has_codes": row.has_codes,
        }

    def get_queryset(self, request: HttpRequest) -> QuerySet[JoinLink]:
        return super().get_queryset(request).annotate(used=Count("uses"))

    @display(description=_("join link"), ordering="id")
    def link(self, link: JoinLink) -> str:
        return f"#{link.pk}"

    @display(description=_("state"))
    def state_label(self, link: WithAnnotations[JoinLink, Counted]) -> SafeString:
        reason = state_of(link, used=link.used, now=timezone.now())
        if reason is None:
            return Label(pgettext("a join link", "Open"), "success").html
        words = {
            "join_link_used_up": pgettext("a join link", "Used up"),
            "join_link_ended": pgettext("a join link", "Ended"),
            "join_link_withdrawn": pgettext("a join link", "Withdrawn"),
        }
        return Label(words[reason.code], "default").html

    @display(description=_("seats"))
    def source(self, link: JoinLink) -> str:
        return source_name(link.batch, link.group)

    @display(description=pgettext_lazy("of an account", "team"))
    def team_name(self, link: JoinLink) -> str:
        # The release before this one removes teams without a look at their links.
        names = Team.objects.filter(pk__in=[link.team_id] if link.team_id else [])
        return names.values_list("name", flat=True).first() or NOTHING

    @display(description=pgettext_lazy("a join link", "seats taken"), ordering="used")
    def used_of(self, link: WithAnnotations[JoinLink, Counted]) -> str:
        return f"{link.used} / {link.places}"

    @display(description=_("mail domains"))
    def allowed(self, link: JoinLink) -> str:
        return ", ".join(link.allowed_domains) or pgettext("mail domains", "All")

    @display(description=_("last day"), ordering="ends_at")
    def last_day(self, link: JoinLink) -> str:
        return end_in_words(link.ends_at)

    @display(description=_("made"), ordering="created_at")
    def made_on(self, link: JoinLink) -> SafeString | str:
        return day(link.created_at)
