"""Obstacles to a sale, for merchants: a column, a filter and a banner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter

from accounts.people.models import User
from catalog.availability import availability_of
from catalog.models.entries import Entry
from catalog.offers import offer_of
from catalog.on_sale import not_sellable, obstacle_of_each
from catalog.reasons import Reason, ReasonCode
from catalog.services.checks import find_faults
from common.admin.display import NOTHING, Label
from handlers.contract import Finding, Level

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

SHORT: dict[ReasonCode, str | Promise] = {
    ReasonCode.NO_PRICE: _("No price"),
    ReasonCode.TAX_UNDECIDED: _("Tax code to be decided"),
    ReasonCode.NO_HANDLER: _("Handler not installed"),
    ReasonCode.HANDLER_FAILS: _("Handler fails"),
    ReasonCode.FAULTY: _("Error in the entry"),
    ReasonCode.PERIOD_OVER: _("Period is over"),
    ReasonCode.COURSE_MISSING: _("Course missing"),
    ReasonCode.COURSE_OVER: _("Course is over"),
    ReasonCode.COURSE_HIDDEN: _("Course hidden"),
    ReasonCode.COURSE_CLOSED: _("Enrolment closed"),
    ReasonCode.COURSE_NOT_YET: _("Enrolment not open yet"),
    ReasonCode.COURSE_FULL: _("Course full"),
    ReasonCode.NO_OPEN_COURSE: _("No open course"),
}


class Asked(TypedDict):
    """Answer that `EntryList` adds to the entries of its page."""

    obstacle: Reason | None


class EntryList(ChangeList):
    """List of entries that knows what keeps each entry of its page from being sold, at a fixed number of queries."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        entries = cast("Sequence[WithAnnotations[Entry, Asked]]", list(self.result_list))
        obstacles = obstacle_of_each(entries, now=timezone.now())
        for entry in entries:
            entry.obstacle = obstacles.get(entry.pk)
        self.result_list = entries


class SaleFilter(DropdownFilter):
    """Filter by whether what is on sale can be bought at the moment."""

    title = _("can be bought")
    parameter_name = "sale"
    NOT_NOW = "not_now"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [(self.NOT_NOW, _("On sale, but not at the moment"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        return queryset.filter(pk__in=not_sellable(now=timezone.now())) if self.value() == self.NOT_NOW else queryset


def sale_label(entry: WithAnnotations[Entry, Asked]) -> str:
    """Draw what keeps an entry of the list from being sold."""
    obstacle = entry.obstacle
    if obstacle is not None:
        return Label(SHORT.get(obstacle.code, str(obstacle.message)), "danger").html
    return Label(pgettext_lazy("an entry can be bought", "Yes"), "success").html if entry.is_on_sale else NOTHING


@dataclass(frozen=True)
class Place:
    """Page of the administration on which a fault is mended."""

    label: str
    url: str


@dataclass(frozen=True)
class Banner:
    """Sentence that customers read, the findings that explain it, and the courses where they may be mended."""

    reason: Reason
    findings: list[Finding]
    courses: list[Place]


def banner_for(entry: Entry, user: User) -> Banner | None:
    """Return the banner of an entry that is on sale by its state and cannot be bought, else None."""
    if not entry.is_on_sale:
        return None
    now = timezone.now()
    reason = obstacle_of_each([entry], now=now).get(entry.pk)
    if reason is None:
        return None
    findings = [each for each in find_faults(entry) if each.level is not Level.INFO]
    errors = [each for each in findings if each.level is Level.ERROR]
    [available] = availability_of([offer_of(entry)], now=now)
    courses = [
        Place(str(each.course), reverse("admin:enrolments_course_change", args=[each.course.pk]))
        for each in available.courses
        if user.has_perm("enrolments.view_course")
    ]
    return Banner(reason, errors or findings, courses)
