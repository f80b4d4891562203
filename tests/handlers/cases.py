"""An example of use for every handler that is installed. A new handler adds its own."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from handlers import registry
from tests.factories.enrolments import CourseFactory
from tests.factories.handlers import participant
from tests.handlers.contract_tools import Case

THIS_YEAR = datetime.datetime.now(datetime.UTC).year
PERIOD = {"starttime": f"{THIS_YEAR}-01-01", "endtime": f"{THIS_YEAR + 1}-12-31T18:00:00+01:00", "duration": 90}


def courses() -> None:
    CourseFactory(short_name="SEC-01", capacity=1000)
    CourseFactory(short_name="HELP", capacity=1000)


def course_is_over() -> None:
    from enrolments.models import Course

    Course.objects.filter(short_name="SEC-01").update(last_day=datetime.date(2020, 1, 1))


def supervisors_are_gone() -> None:
    from enrolments.models import Role

    Role.objects.filter(code="teacher").delete()


def participants(count: int) -> list[dict[str, str]]:
    """Learners, one tutor among them, and a blank at the end of a longer list."""
    people = [participant(f"person-{number}@example.org") for number in range(count)]
    if count > 2:
        people[1] = participant("tutor@example.org", "tutor")
        people[-1] = {}
    return people


def generate_seats() -> Case:
    return Case(
        handler=registry.get_handler("std_generateseats"),
        typed={
            "courselist": "SEC-*, HELP",
            "packsize": 4,
            "validity": 365,
            "supervisor": "teacher",
            "customersupport": "HELP",
            **PERIOD,
        },
        prepare=courses,
        spoil=supervisors_are_gone,
    )


def session() -> Case:
    return Case(
        handler=registry.get_handler("std_setuponecoursesession"),
        typed={
            "coursename": "SEC-01",
            "supervisor": "teacher",
            "autoenrolsupervisor": True,
            "customersupport": "HELP",
            "freetutors": 2,
            **PERIOD,
        },
        prepare=courses,
        answers=participants,
        spoil=course_is_over,
    )


def enrol_on_course() -> Case:
    return Case(
        handler=registry.get_handler("std_enroloncourse"),
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


CASES: dict[str, Callable[[], Case]] = {
    "std_generateseats": generate_seats,
    "std_setuponecoursesession": session,
    "std_enroloncourse": enrol_on_course,
}
