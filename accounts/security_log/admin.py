"""The security log in the admin: read by those with `accounts.view_securityevent`, written by nobody."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, TextFilter
from unfold.decorators import display

from accounts.people.models import User
from accounts.security_log.kinds import OUTLASTING, Kind
from accounts.security_log.models import SecurityEvent
from accounts.security_log.services import mark_of
from accounts.security_log.words import at_length, in_short
from common.admin.display import NOTHING, Label, link, moment
from common.admin.filters import DayRangeFilter
from common.admin.readonly import ReadOnlyAdmin
from common.emails import normalise_email

# Of a key, which is a number of 63 bits.
MOST_DIGITS = 18


def about(person: str) -> Q:
    """Return the condition of events about or by a person: by their number, or by their address, known or not."""
    word = person.strip()
    if word.isdecimal() and len(word) <= MOST_DIGITS:
        return Q(user_id=int(word)) | Q(actor_id=int(word))
    try:
        address = normalise_email(word)
    except ValidationError:
        return Q(pk__in=[])
    known = User.objects.filter(email=address).values("pk")
    tried = Q(details__address=mark_of(address)) | Q(details__who=mark_of(address))
    return Q(user_id__in=known) | Q(actor_id__in=known) | tried


class KindFilter(DropdownFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [(kind.value, kind.label) for kind in Kind]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SecurityEvent]) -> QuerySet[SecurityEvent]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class PersonFilter(TextFilter):
    title = _("person")
    parameter_name = "person"

    def queryset(self, request: HttpRequest, queryset: QuerySet[SecurityEvent]) -> QuerySet[SecurityEvent]:
        return queryset.filter(about(self.value())) if self.value() else queryset


@admin.register(SecurityEvent)
class SecurityEventAdmin(ReadOnlyAdmin):
    list_display = ("at_text", "kind_label", "person", "actor", "details_text", "network")
    list_display_links = ("at_text",)
    list_filter = (KindFilter, PersonFilter, ("at", DayRangeFilter))
    list_filter_submit = True
    list_fullwidth = True
    rows_named = _("security events")
    search_fields = ("network",)
    search_help_text = _("Address or number of a person, or a network")
    ordering = ("-id",)
    fields = readonly_fields = ("at", "kind_text", "person", "actor", "network", "details_lines")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SecurityEvent]:
        addresses = {
            f"{name}_email": Subquery(User.objects.filter(pk=OuterRef(f"{name}_id")).values("email"))
            for name in ("user", "actor")
        }
        return super().get_queryset(request).annotate(**addresses)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[SecurityEvent], search_term: str
    ) -> tuple[QuerySet[SecurityEvent], bool]:
        word = search_term.strip()
        return queryset.filter(about(word) | Q(network=word)) if word else queryset, False

    @display(description=_("at"), ordering="id")
    def at_text(self, event: SecurityEvent) -> str:
        return moment(event.at)

    @display(description=_("kind"), ordering="kind")
    def kind_label(self, event: SecurityEvent) -> SafeString:
        colour = "danger" if event.kind == Kind.ALARM else "warning" if event.kind in OUTLASTING else "default"
        return Label(event.label, colour).html

    @display(description=_("kind"))
    def kind_text(self, event: SecurityEvent) -> str:
        return event.label

    @display(description=_("person"), ordering="user_id")
    def person(self, event: SecurityEvent) -> SafeString | str:
        return _person(event.user_id, getattr(event, "user_email", None))

    @display(description=_("by"), ordering="actor_id")
    def actor(self, event: SecurityEvent) -> SafeString | str:
        return _person(event.actor_id, getattr(event, "actor_email", None))

    @display(description=_("details"))
    def details_text(self, event: SecurityEvent) -> str:
        return in_short(event.details)

    @display(description=_("details"))
    def details_lines(self, event: SecurityEvent) -> SafeString | str:
        """Write one detail a line, with rights and groups by name."""
        return format_html_join("", "<div><strong>{}</strong>: {}</div>", at_length(event.details)) or NOTHING


def _person(user_id: int | None, email: str | None) -> SafeString | str:
    """Link to a person by their address; the number alone of one who is no longer there."""
    return link("accounts_user", user_id, email) if email else str(user_id or NOTHING)
