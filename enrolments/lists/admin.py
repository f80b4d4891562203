"""Lists of people in the admin, read-only, with their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as plain
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from common.admin.display import NOTHING, admin_link, choice_label, day, person_in_two_lines
from common.admin.filters import DayRangeFilter
from common.admin.readonly import ReadOnlyAdmin
from common.numbers import whole_number
from enrolments.lists.models import ListRow, PeopleList
from enrolments.lists.selectors import counts_of, mails_in_words, rows_of, verdict_in_words
from enrolments.seats.models import Seat

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

ROWS_A_PAGE = 200

COLOURS = {
    PeopleList.State.DRAFT: "info",
    PeopleList.State.QUEUED: "primary",
    PeopleList.State.PLACING: "primary",
    PeopleList.State.UNDOING: "warning",
    PeopleList.State.TELLING: "primary",
    PeopleList.State.DONE: "success",
    PeopleList.State.STOPPED: "danger",
}


class Counted(TypedDict):
    """Columns that `PeopleListAdmin.get_queryset` adds to the rows of the list."""

    people: int
    placed: int


@admin.register(PeopleList)
class PeopleListAdmin(ReadOnlyAdmin):
    list_display = ("number", "state_label", "account", "who", "source", "people", "placed", "made_on")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("mode", ChoicesDropdownFilter),
        ("made_at", DayRangeFilter),
    )
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ("account__search_text", "operator__search_text")
    search_help_text = _("Account or operator")
    list_select_related = ("account", "operator", "group")
    ordering = ("-id",)
    fields = (
        "account", "operator", "source", "course", "mode", "state", "language", "made_at", "judged_at", "reserved_at",
        "refused_at", "ended_at",
    )  # fmt: skip
    readonly_fields = fields
    change_form_outer_after_template = "lists/admin/list_rows.html"

    def row_context(self, request: HttpRequest, row: PeopleList) -> dict[str, Any]:
        after = whole_number(request.GET.get("after", "")) or 0
        found = list(rows_of(row, after=after)[: ROWS_A_PAGE + 1])
        shown = found[:ROWS_A_PAGE]
        mails = mails_in_words(row, shown)
        return {
            "counts": counts_of(row),
            "rows": [
                {
                    "row": each,
                    "verdict": verdict_in_words(each),
                    "mail": mails.get(each.line, ""),
                    "seat": _seat(request, each),
                }
                for each in shown
            ],
            "after": after,
            "next": shown[-1].line if len(found) > ROWS_A_PAGE else None,
        }

    def get_queryset(self, request: HttpRequest) -> QuerySet[PeopleList]:
        # By subqueries, which are run for the lists of one page alone.
        rows = ListRow.objects.filter(people_list=OuterRef("pk")).order_by().values("people_list")
        placed = rows.filter(step=ListRow.Step.PLACED)
        return (
            super()
            .get_queryset(request)
            .annotate(
                people=Coalesce(Subquery(rows.values(number=Count("pk"))), 0),
                placed=Coalesce(Subquery(placed.values(number=Count("pk"))), 0),
            )
        )

    @display(description=_("list of people"), ordering="id")
    def number(self, people_list: PeopleList) -> str:
        return f"#{people_list.pk}"

    @display(description=pgettext_lazy("of a list", "state"), ordering="state")
    def state_label(self, people_list: PeopleList) -> SafeString:
        return choice_label(people_list, "state", COLOURS)

    @display(description=_("operator"), ordering="operator__email")
    def who(self, people_list: PeopleList) -> SafeString | str:
        return person_in_two_lines(people_list.operator)

    @display(description=_("seats"))
    def source(self, people_list: PeopleList) -> str:
        if people_list.group is None:
            return people_list.entry_code
        return plain("Session %(number)s") % {"number": people_list.group.name}

    @display(description=_("people"))
    def people(self, people_list: WithAnnotations[PeopleList, Counted]) -> int:
        return people_list.people

    @display(description=_("placed"))
    def placed(self, people_list: WithAnnotations[PeopleList, Counted]) -> int:
        return people_list.placed

    @display(description=_("made"), ordering="made_at")
    def made_on(self, people_list: PeopleList) -> SafeString | str:
        return day(people_list.made_at)


def _seat(request: HttpRequest, row: ListRow) -> SafeString | str:
    return NOTHING if row.seat_id is None else admin_link(request.user, Seat, row.seat_id, f"#{row.seat_id}")
