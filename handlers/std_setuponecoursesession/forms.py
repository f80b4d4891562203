"""Forms of a session, for the merchant and for the customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.emails import normalise_email
from common.fields import AddressField, NameField
from common.typed import clean_line
from enrolments.courses.roles.models import Role
from enrolments.values import Terms
from handlers.contract import UniquePerUnit
from handlers.parameter_fields import CountField, CourseField, ReminderDaysField, RoleField, SwitchField, remind_days_of
from handlers.periods import PeriodForm, terms_of

MOST_FREE_TUTORS = 500


class SessionForm(PeriodForm):
    field_order = [
        "coursename",
        "supervisor",
        "autoenrolsupervisor",
        "customersupport",
        "freetutors",
        "starttime",
        "endtime",
        "duration",
        "remind",
    ]

    coursename = CourseField(
        label=_("Course"), required=True, help_text=_("Short name of the course in which the session takes place.")
    )
    supervisor = RoleField(
        label=_("Role of the operator"),
        initial=Role.TEACHER,
        help_text=_("The role, in the course, of the person who organises the session for the customer."),
    )
    autoenrolsupervisor = SwitchField(
        label=_("Enrol the operator"),
        initial=True,
        help_text=_("Without it the operator organises the session and is not enrolled in the course."),
    )
    remind = ReminderDaysField(
        label=_("Reminders"),
        help_text=_(
            "Numbers of days before the session on which operators are reminded of seats to fill, and before the end "
            "of an enrolment on which people are reminded of a course not entered yet, separated by commas. 0: no "
            "reminder."
        ),
    )
    customersupport = CourseField(
        label=_("Support course"),
        help_text=_("Short name of the course in which the operator finds help. Empty: none."),
    )
    freetutors = CountField(
        label=_("Free tutors"),
        min_value=0,
        max_value=MOST_FREE_TUTORS,
        initial=0,
        help_text=_(
            "How many tutors of an order line are not charged; never more than the seats that are. 0: every seat is."
        ),
    )


class ParticipantEmail(UniquePerUnit, AddressField):
    """Address of one participant: nobody takes part twice."""


class ParticipantForm(forms.Form):
    """Micro-form of one participant: wholly blank (the seat is filled later) or complete."""

    role = forms.ChoiceField(
        label=pgettext_lazy("of a participant", "Takes part as"),
        choices=[(Role.STUDENT, _("Learner")), (Role.TUTOR, _("Tutor"))],
        initial=Role.STUDENT,
        required=False,
    )
    email = ParticipantEmail(
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    first_name = NameField(
        label=_("First name"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    last_name = NameField(
        label=_("Last name"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        typed = [
            name
            for name in ("email", "first_name", "last_name")
            if clean_line(str(self.data.get(self.add_prefix(name)) or ""))
        ]
        if not typed and self.cleaned_data.get("role") != Role.TUTOR and not self.errors:
            return dict.fromkeys(self.fields, "")
        for name, message in (
            ("email", _("Enter this participant's e-mail address, or leave all of their fields blank.")),
            ("first_name", _("Enter this participant's first name, or leave all of their fields blank.")),
            ("last_name", _("Enter this participant's last name, or leave all of their fields blank.")),
        ):
            if name not in typed and name not in self.errors:
                self.add_error(name, ValidationError(message, code="incomplete"))
        if not self.cleaned_data.get("role") and "role" not in self.errors:
            self.cleaned_data["role"] = Role.STUDENT
        return self.cleaned_data


@dataclass(frozen=True)
class SessionParameters:
    """Internal parameters, typed."""

    course_name: str
    supervisor: str
    enrols_supervisor: bool
    support_course: str
    free_tutors: int
    terms: Terms
    remind_days: list[int]

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> SessionParameters:
        return cls(
            course_name=params.get("coursename") or "",
            supervisor=params.get("supervisor") or Role.TEACHER,
            enrols_supervisor=params.get("autoenrolsupervisor", True),
            support_course=params.get("customersupport") or "",
            free_tutors=params.get("freetutors") or 0,
            terms=terms_of(params),
            remind_days=remind_days_of(params.get("remind")),
        )


@dataclass(frozen=True)
class Participant:
    """Declared participant: the valid answers of a micro-form that is not blank."""

    role: str
    email: str
    first_name: str
    last_name: str

    @classmethod
    def of(cls, answers: Mapping[str, Any]) -> Participant | None:
        """Return the participant of a micro-form's answers; None for a blank one."""
        if not answers.get("email"):
            return None
        return cls(
            role=answers.get("role") or Role.STUDENT,
            email=normalise_email(answers["email"]),
            first_name=answers.get("first_name", ""),
            last_name=answers.get("last_name", ""),
        )
