"""Internal parameters of ``std_enroloncourse``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from enrolments.courses.roles.models import Role
from enrolments.values import Terms
from handlers.parameter_fields import CourseField, RoleField, TextField
from handlers.periods import PeriodForm, terms_of


class EnrolOnCourseForm(PeriodForm):
    field_order = ["coursename", "role", "groupname", "customersupport", "starttime", "endtime", "duration"]

    coursename = CourseField(
        label=_("Course"), required=True, help_text=_("Short name of the course that the buyer is enrolled in.")
    )
    role = RoleField(label=_("Role"), initial=Role.STUDENT, help_text=_("The role in which the buyer is enrolled."))
    groupname = TextField(
        label=_("Course group"),
        max_length=100,
        help_text=_("Name of the standing group of the course that the buyer joins. Empty: none."),
    )
    customersupport = CourseField(
        label=_("Support course"),
        help_text=_("Short name of the course in which the operator finds help. Empty: none."),
    )


@dataclass(frozen=True)
class EnrolOnCourseParameters:
    """Internal parameters, typed."""

    course_name: str
    role: str
    group_name: str
    support_course: str
    terms: Terms

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> EnrolOnCourseParameters:
        return cls(
            course_name=params.get("coursename") or "",
            role=params.get("role") or Role.STUDENT,
            group_name=params.get("groupname") or "",
            support_course=params.get("customersupport") or "",
            terms=terms_of(params),
        )
