"""Example of use, over which the contract's rules are run."""

import datetime
from typing import Any

from django.utils import timezone

from accounts.members.models import CustomerAccount
from common.moments import days_later
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.grounds.models import Ground
from enrolments.sessions.services import SessionPlace, create_session_seats
from enrolments.values import EntryRef, LineRef, Terms
from handlers.registry import get_handler
from handlers.testing import Case, make_course, make_person

DAYS = 30
_lines = iter(range(60_000, 70_000))


def example() -> Case:
    return Case(
        handler=get_handler("std_extendenrolperiod"),
        typed={"extension": DAYS},
        prepare=course,
        answers=lambda count: [{"target": f"ground-{number}"} for number in range(1, count + 1)],
        owned=people_in_a_session,
        spoil=course_is_over,
    )


def course() -> Course:
    return Course.objects.filter(short_name="SEC-01").first() or make_course("SEC-01", capacity=1000)


def people_in_a_session(account: CustomerAccount, count: int) -> list[dict[str, Any]]:
    """Set up a session of the account that ends in ten days; return the answers that pick its people."""
    now, student = timezone.now(), Role.objects.get(code=Role.STUDENT)
    line_id = next(_lines)
    line = LineRef(order_id=line_id, order_number=f"A-{line_id}", line_id=line_id, account_id=account.pk)
    create_session_seats(
        line=line,
        entry=EntryRef("SESSION", {"en": "A session", "fr": "Une session"}),
        course=course(),
        places=[SessionPlace(index, role=student, user=make_person()) for index in range(count)],
        supervisor_role=None,
        terms=Terms(ends_at=days_later(now, 10)),
        operator=None,
        sold_at=now,
        now=now,
    )
    grounds = Ground.objects.filter(line_id=line_id).order_by("unit_index")
    return [{"target": f"ground-{pk}"} for pk in grounds.values_list("pk", flat=True)]


def course_is_over() -> None:
    Course.objects.filter(short_name="SEC-01").update(last_day=datetime.date(2020, 1, 1))
