"""Internal parameters of ``std_generateseats``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from enrolments.courses.roles.models import Role
from enrolments.values import Terms
from handlers.parameter_fields import (
    CountField,
    CourseField,
    CoursePatternsField,
    DaysField,
    ReminderDaysField,
    RoleField,
    remind_days_of,
)
from handlers.periods import PeriodForm, terms_of

MOST_SEATS_PER_UNIT = 10_000


class GenerateSeatsForm(PeriodForm):
    field_order = [
        "courselist",
        "packsize",
        "validity",
        "startbefore",
        "supervisor",
        "customersupport",
        "starttime",
        "endtime",
        "duration",
        "remind",
    ]

    courselist = CoursePatternsField(
        label=_("Courses"),
        help_text=_(
            "Short names of the courses a seat may be used for, separated by commas. * stands for any signs: SEC-* "
            "covers every course whose short name begins with SEC-, later ones too. Empty: every open course."
        ),
    )
    packsize = CountField(
        label=_("Seats per unit"),
        min_value=1,
        max_value=MOST_SEATS_PER_UNIT,
        initial=1,
        help_text=_("How many seats the customer gets for each unit bought."),
    )
    validity = DaysField(
        label=_("Seats stay valid"),
        help_text=_("Number of days from payment during which a seat can be assigned. Empty: no limit."),
    )
    startbefore = DaysField(
        label=_("To be entered within"),
        help_text=_(
            "Number of days from the assignment, or from a later start of the enrolment, within which the person has "
            "to enter the course. Otherwise the seat is free again, or expires if its validity is over. Empty: no "
            "limit."
        ),
    )
    supervisor = RoleField(
        label=_("Role of the operator"),
        initial=Role.TEACHER,
        help_text=_("The role, in the chosen course, of the person who assigns the seat."),
    )
    remind = ReminderDaysField(
        label=_("Reminders"),
        help_text=_(
            "Numbers of days before the seats end on which operators are reminded of free ones, and people of a course "
            "not entered yet, separated by commas. 0: no reminder."
        ),
    )
    customersupport = CourseField(
        label=_("Support course"),
        help_text=_("Short name of the course in which the operator finds help. Empty: none."),
    )


@dataclass(frozen=True)
class GenerateSeatsParameters:
    """Internal parameters, typed."""

    course_list: str
    pack_size: int
    validity_days: int | None
    start_before_days: int | None
    supervisor: str
    support_course: str
    terms: Terms
    remind_days: list[int]

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> GenerateSeatsParameters:
        return cls(
            course_list=params.get("courselist") or "",
            pack_size=params.get("packsize") or 1,
            validity_days=params.get("validity"),
            start_before_days=params.get("startbefore"),
            supervisor=params.get("supervisor") or Role.TEACHER,
            support_course=params.get("customersupport") or "",
            terms=terms_of(params),
            remind_days=remind_days_of(params.get("remind")),
        )
