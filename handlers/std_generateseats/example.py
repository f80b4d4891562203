"""Example of use, over which the contract's rules are run."""

from enrolments.courses.roles.models import Role
from handlers.registry import get_handler
from handlers.testing import Case, make_course
from handlers.testing.periods import PERIOD


def example() -> Case:
    return Case(
        handler=get_handler("std_generateseats"),
        typed={
            "courselist": "SEC-*, HELP",
            "packsize": 4,
            "validity": 365,
            "startbefore": 30,
            "remind": "60,10",
            "supervisor": "teacher",
            "customersupport": "HELP",
            **PERIOD,
        },
        prepare=courses,
        spoil=supervisors_are_gone,
    )


def courses() -> None:
    make_course("SEC-01")
    make_course("HELP")


def supervisors_are_gone() -> None:
    Role.objects.filter(code=Role.TEACHER).delete()
