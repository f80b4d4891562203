"""Example of use, over which the contract's rules are run."""

import datetime

from enrolments.courses.models import Course
from handlers.registry import get_handler
from handlers.testing import Case, make_course
from handlers.testing.periods import PERIOD


def example() -> Case:
    return Case(
        handler=get_handler("std_setuponecoursesession"),
        typed={
            "coursename": "SEC-01",
            "supervisor": "teacher",
            "autoenrolsupervisor": True,
            "customersupport": "HELP",
            "freetutors": 2,
            "remind": "60,10",
            **PERIOD,
        },
        prepare=courses,
        answers=participants,
        spoil=course_is_over,
    )


def courses() -> None:
    make_course("SEC-01", capacity=1000)
    make_course("HELP", capacity=1000)


def participants(count: int) -> list[dict[str, str]]:
    """Return learners, one tutor among them, and a blank at the end of a longer list."""
    people = [participant(f"person-{number}@example.org") for number in range(count)]
    if count > 2:
        people[1] = participant("tutor@example.org", "tutor")
        people[-1] = {}
    return people


def participant(email: str, role: str = "student") -> dict[str, str]:
    return {"role": role, "email": email, "first_name": "Paul", "last_name": "Petit"}


def course_is_over() -> None:
    Course.objects.filter(short_name="SEC-01").update(last_day=datetime.date(2020, 1, 1))
