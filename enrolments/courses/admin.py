"""Courses in the admin: saved through their service, with the people enrolled and their purchases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, cast

from django import forms
from django.contrib import admin
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from modeltranslation.admin import TranslationAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from accounts.people.models import User
from common.admin.display import NOTHING, Label
from common.admin.languages import language_tabs
from enrolments.courses.models import Course, CourseName
from enrolments.courses.places.services import lock_courses, taken, with_taken
from enrolments.courses.selectors import Grounds, enrolments_with_grounds
from enrolments.courses.services import CapacityBelowTaken, LinkRefused, ShortNameTaken, is_web_address, save_course
from enrolments.courses.short_names import normalise_short_name
from enrolments.display import purchase
from enrolments.grounds.by_hand_admin import EnrolmentsByHand, rights_by_hand
from enrolments.grounds.models import Enrolment, Ground

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

PEOPLE_A_PAGE = 50


class Counted(TypedDict):
    """Columns that `with_taken` adds to the rows of the list."""

    taken: int


class CourseForm(forms.ModelForm):
    """Form of a course that refuses at the field what the service would refuse.

    A changed capacity locks the course until the request is done.
    """

    def clean_short_name(self) -> str:
        short_name = normalise_short_name(self.cleaned_data["short_name"])
        if CourseName.objects.called(short_name).exclude(course=self.instance.pk).exists():
            raise forms.ValidationError(str(ShortNameTaken(short_name)))
        return short_name

    def clean_link(self) -> str:
        link: str = self.cleaned_data["link"]
        if link and not is_web_address(link):
            raise forms.ValidationError(str(LinkRefused()))
        return link

    def clean_capacity(self) -> int | None:
        capacity: int | None = self.cleaned_data["capacity"]
        if capacity is not None and self.instance.pk is not None:
            lock_courses([self.instance.pk])
            count = taken([self.instance.pk])[self.instance.pk]
            if capacity < count:
                raise forms.ValidationError(str(CapacityBelowTaken(count)))
        return capacity


class StateFilter(DropdownFilter):
    """Filter by the state that a customer sees; whether the course is full shows in the list alone."""

    title = pgettext_lazy("of a course", "state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [
            ("open", gettext_lazy("Open")),
            ("closed", gettext_lazy("Closed")),
            ("hidden", gettext_lazy("Hidden")),
            ("over", gettext_lazy("Over")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Course]) -> QuerySet[Course]:
        now = timezone.now()
        is_open, is_lasting = Course.objects.open_at(now).values("pk"), Course.objects.lasting_at(now).values("pk")
        match self.value():
            case "open":
                return queryset.filter(pk__in=is_open)
            case "closed":
                return queryset.filter(pk__in=is_lasting, is_visible=True).exclude(pk__in=is_open)
            case "hidden":
                return queryset.filter(pk__in=is_lasting, is_visible=False)
            case "over":
                return queryset.exclude(pk__in=is_lasting)
        return queryset


@admin.register(Course)
class CourseAdmin(EnrolmentsByHand, TranslationAdmin):
    form = CourseForm
    list_display = (
        "short_name",
        "name",
        "state",
        "places",
        "enrolment_closes_on",
        "first_day",
        "last_day",
        "group_mode",
    )
    list_filter = (StateFilter, ("group_mode", ChoicesDropdownFilter))
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ("search_text", "names__search_text")
    search_help_text = gettext_lazy("Short name, former ones too, or words of the name")
    ordering = ("sort_name", "pk")
    list_per_page = 50
    warn_unsaved_form = True
    readonly_fields = ("former_names", "places_now")
    change_form_outer_after_template = "courses/admin/course_people.html"

    def get_fieldsets(self, request: HttpRequest, obj: Course | None = None) -> list[Any]:
        known = ["former_names", "places_now"] if obj is not None else []
        return [
            (None, {"fields": ["short_name", *known[:1], "is_visible", "link"]}),
            (
                gettext_lazy("Enrolment"),
                {"fields": [("enrolment_opens_on", "enrolment_closes_on"), "capacity", *known[1:]]},
            ),
            (gettext_lazy("Course"), {"fields": [("first_day", "last_day"), "group_mode"]}),
            *language_tabs("name", "summary", "venue", "place"),
        ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "link":
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Course]:
        match = request.resolver_match
        courses = super().get_queryset(request)
        is_list = match is not None and match.url_name == "enrolments_course_changelist"
        return with_taken(courses) if is_list else courses

    def get_urls(self) -> list[URLPattern]:
        return [*self.by_hand_urls(), *super().get_urls()]

    def has_delete_permission(self, request: HttpRequest, obj: Course | None = None) -> bool:
        """Refuse deletion: seats, enrolments and entries name the course, so it is hidden instead."""
        return False

    def save_model(self, request: HttpRequest, obj: Course, form: Any, change: bool) -> None:
        save_course(course=obj, actor=cast(User, request.user))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        course = self.get_object(request, object_id)
        if course is not None and request.method in ("GET", "HEAD"):
            people = _people(course, request.GET.get("people"))
            extra_context = {**(extra_context or {}), "people": people, **rights_by_hand(request)}
        return super().change_view(request, object_id, form_url, extra_context)

    @display(description=pgettext_lazy("of a course", "state"))
    def state(self, course: WithAnnotations[Course, Counted]) -> SafeString:
        return _state(course).html

    @display(description=gettext_lazy("places taken"), ordering="taken")
    def places(self, course: WithAnnotations[Course, Counted]) -> str:
        return _places(course.taken, course.capacity)

    @display(description=gettext_lazy("places taken"))
    def places_now(self, course: Course) -> str:
        return _places(taken([course.pk]).get(course.pk, 0), course.capacity)

    @display(description=gettext_lazy("former short names"))
    def former_names(self, course: Course) -> str:
        names = course.names.exclude(name=course.short_name).order_by("name").values_list("name", flat=True)
        return ", ".join(names) or NOTHING


def _state(course: WithAnnotations[Course, Counted]) -> Label:
    now = timezone.now()
    if not course.is_lasting_at(now):
        return Label(_("Over"))
    if not course.is_visible:
        return Label(_("Hidden"))
    if not course.is_open_at(now):
        return Label(_("Closed"))
    if course.capacity is not None and course.taken >= course.capacity:
        return Label(_("Full"), "warning")
    return Label(_("Open"), "success")


def _places(count: int, capacity: int | None) -> str:
    if capacity is None:
        return str(count)
    return _("%(count)d of %(capacity)d") % {"count": count, "capacity": capacity}


def _people(course: Course, number: str | None) -> dict[str, Any]:
    """Return one page of the people enrolled, each with the purchases that carry the enrolment."""
    page: Page[WithAnnotations[Enrolment, Grounds]] = Paginator(
        enrolments_with_grounds(course), PEOPLE_A_PAGE
    ).get_page(number)
    rows = [
        {
            "enrolment": enrolment,
            "purchases": [purchase(ground) for ground in enrolment.live_grounds],
            "is_by_hand": any(ground.kind == Ground.Kind.MERCHANT for ground in enrolment.live_grounds),
        }
        for enrolment in page
    ]
    return {"page": page, "rows": rows}
