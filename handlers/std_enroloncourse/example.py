"""Example of use, over which the contract's rules are run."""

import datetime

from enrolments.courses.models import Course
from handlers.registry import get_handler
from handlers.testing import Case, make_course
from handlers.testing.periods import PERIOD


def example() -> Case:
    return Case(
        handler=get_handler("std_enroloncourse"),
        typed={
            "coursename": "SEC-01",
            "role": "student",
            "groupname": "Evening class",
            "customersupport": "HELP",
            **PERIOD,
        },
        prepare=courses,
        spoil=course_is_over,
    )


def courses() -> None:
    make_course("SEC-01", capacity=1000)
    make_course("HELP", capacity=1000)


def course_is_over() -> None:
    Course.objects.filter(short_name="SEC-01").update(last_day=datetime.date(2020, 1, 1))
