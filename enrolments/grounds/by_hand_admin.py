"""Enrolling a person by the merchant's hand, and ending that, on a course's page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminSelectWidget
from unfold.widgets import UnfoldAdminTextInputWidget as TextInput

from accounts.people.services import PersonTyped
from common.admin.refusals import TellsRefusals
from common.fields import AddressField, LineField
from common.moments import day_ends, day_starts
from common.refusals import Refused
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.grounds.by_hand import EnrolledByHand, end_by_hand, enrol_address_by_hand
from enrolments.grounds.models import Enrolment
from enrolments.values import Terms

YEARS = range(1990, 2200)
COURSE_PAGE = "admin:enrolments_course_change"
# Permissions of the two buttons; the list of people shows each button only to staff who have its permission.
ENROL, END = "enrolments.add_enrolment", "enrolments.change_enrolment"


class DayInput(TextInput):
    """Date picker of the browser, which needs no script."""

    input_type = "date"


class EnrolForm(forms.Form):
    """Form of an enrolment by hand: the person, the role, and the days."""

    use_required_attribute = False

    email = AddressField(
        widget=UnfoldAdminEmailInputWidget({"autocomplete": "off"}),
        help_text=gettext_lazy("Somebody unknown gets a user account and an invitation by mail."),
    )
    first_name = LineField(
        label=gettext_lazy("First name"),
        max_length=150,
        required=False,
        widget=TextInput({"autocomplete": "off"}),
        help_text=gettext_lazy("The names of somebody known stay as they are."),
    )
    last_name = LineField(
        label=gettext_lazy("Last name"), max_length=150, required=False, widget=TextInput({"autocomplete": "off"})
    )
    role = forms.ModelChoiceField(
        Role.objects.all(),
        label=pgettext_lazy("in a course", "Role"),
        empty_label=None,
        widget=UnfoldAdminSelectWidget(),
        help_text=gettext_lazy("Learners and tutors take a place of the course; supervisors take none."),
    )
    first_day = forms.DateField(
        label=gettext_lazy("First day"),
        required=False,
        widget=DayInput(),
        help_text=gettext_lazy("Empty: today, or the first day of the course."),
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=DayInput(),
        help_text=gettext_lazy("Empty: the last day of the course."),
    )

    def clean(self) -> dict[str, Any]:
        first, last = self.cleaned_data.get("first_day"), self.cleaned_data.get("last_day")
        for name, day in (("first_day", first), ("last_day", last)):
            if day is not None and day.year not in YEARS:
                self.add_error(name, _("This year is too far away to be right."))
        if first and last and last < first:
            self.add_error("last_day", _("The last day cannot come before the first."))
        return self.cleaned_data

    def terms(self) -> Terms:
        """Return the period typed; the course's own days limit it later."""
        first, last = self.cleaned_data["first_day"], self.cleaned_data["last_day"]
        return Terms(
            starts_at=day_starts(first) if first else None,
            ends_at=day_ends(last) if last else None,
        )


class EnrolmentsByHand(TellsRefusals):
    """Part of a course's pages that writes enrolments: each button calls one service, by POST alone."""

    def by_hand_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:course_id>/enrol/", wrap(self.enrol), name="enrolments_course_enrol"),
            path("<int:course_id>/enrolments/<int:enrolment_id>/end/", wrap(self.end), name="enrolments_course_end"),
        ]

    def enrol(self, request: HttpRequest, course_id: int) -> HttpResponse:
        """Show the form of an enrolment by hand; posting it enrols the person."""
        course = self._course_or_404(request, course_id, ENROL)
        form = EnrolForm(request.POST if request.method == "POST" else None, initial={"role": _student()})
        if form.is_valid():
            typed = form.cleaned_data
            try:
                enrolled = enrol_address_by_hand(
                    course=course,
                    person=PersonTyped(
                        email=typed["email"], first_name=typed["first_name"], last_name=typed["last_name"]
                    ),
                    role=typed["role"],
                    terms=form.terms(),
                    language=get_language() or settings.LANGUAGE_CODE,
                    now=timezone.now(),
                )
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                self._tell_enrolled(request, course, enrolled)
                return redirect(COURSE_PAGE, course.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": course,
            "course": course,
            "title": course.short_name,
            "form": form,
        }
        return TemplateResponse(request, "grounds/admin/enrol.html", context)

    def end(self, request: HttpRequest, course_id: int, enrolment_id: int) -> HttpResponse:
        """End an enrolment by hand: the button beside a person whom the merchant enrolled."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        course = self._course_or_404(request, course_id, END)
        enrolment = Enrolment.objects.select_related("user").filter(course=course, pk=enrolment_id).first()
        if enrolment is None:
            raise Http404
        person = {"person": enrolment.user.email}
        try:
            is_ended = end_by_hand(enrolment=enrolment, reason=_("Ended by the merchant"), now=timezone.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(COURSE_PAGE, course.pk)
        if not is_ended:
            messages.warning(request, _("%(person)s was not enrolled by hand any more. Nothing has changed.") % person)
            return redirect(COURSE_PAGE, course.pk)
        enrolment.refresh_from_db()
        if enrolment.closed_at is None:
            text = (
                _("Your enrolment of %(person)s has ended. What was bought keeps this person in the course.") % person
            )
        else:
            text = _("%(person)s is not enrolled any more.") % person
        self.log_change(request, course, text)
        messages.success(request, text)
        return redirect(COURSE_PAGE, course.pk)

    def _tell_enrolled(self, request: HttpRequest, course: Course, enrolled: EnrolledByHand) -> None:
        person = {"person": enrolled.user.email}
        if not enrolled.is_new:
            messages.warning(
                request,
                _(
                    "%(person)s was enrolled by hand in this role already, so nothing has changed. For other dates, "
                    "end that enrolment first."
                )
                % person,
            )
            return
        text = _("%(person)s is enrolled.") % person
        self.log_change(request, course, text)
        messages.success(request, text)

    def _course_or_404(self, request: HttpRequest, course_id: int, permission: str) -> Course:
        if not (self.has_view_permission(request) and request.user.has_perm(permission)):
            raise PermissionDenied
        course = Course.objects.filter(pk=course_id).first()
        if course is None:
            raise Http404
        return course


def _student() -> int | None:
    return Role.objects.filter(code=Role.STUDENT).values_list("pk", flat=True).first()


def rights_by_hand(request: HttpRequest) -> dict[str, Any]:
    """Return the buttons that the signed-in person may use, as context of the page."""
    return {"may_enrol": request.user.has_perm(ENROL), "may_end": request.user.has_perm(END)}
