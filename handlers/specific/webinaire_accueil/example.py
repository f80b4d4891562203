"""Example of use, over which the contract's rules are run."""

import datetime

from django.utils import timezone

from enrolments.courses.models import Course
from handlers.registry import specific_for
from handlers.testing import Case, make_course


def example() -> Case:
    handler = specific_for("WEBINAIRE-ACCUEIL")
    assert handler is not None
    day = timezone.localdate() + datetime.timedelta(days=30)
    return Case(
        handler=handler,
        typed={"coursename": "WEB", "begins": f"{day}T10:00:00+01:00", "endtime": f"{day}T11:30:00+01:00"},
        prepare=lambda: make_course("WEB", capacity=100),
        spoil=lambda: Course.objects.filter(short_name="WEB").update(last_day=datetime.date(2020, 1, 1)),
    )
