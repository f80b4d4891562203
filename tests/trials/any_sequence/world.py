"""World of the sequences: courses with few places, entries, people, and handlers with moods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from catalog.models.entries import Entry
from enrolments.courses.models import Course
from handlers.contract import Feedback, Handler, LineContext, Refusal, Temporary
from handlers.std_enroloncourse.handler import EnrolOnCourse
from handlers.std_extendenrolperiod.handler import ExtendEnrolPeriod
from handlers.std_generateseats.handler import GenerateSeats
from handlers.std_setuponecoursesession.handler import SetUpOneCourseSession
from shop.seller.models import ShopIdentity
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory

# A Monday morning; every sequence begins then, so that it can be replayed on any day.
START = datetime(2031, 3, 3, 9, tzinfo=UTC)

FEW, MANY, ENDING, LATER, SUPPORT = "SEC-1", "SEC-2", "END", "LATER", "HELP"
PEOPLE = ("alice", "bob", "carol", "nina", "omar", "pia", "quentin")
MORE_DAYS = 7
VISITORS = ("visitor", "other visitor")
MEMBERS = ("alice", "bob", "carol")


class Crash(Exception):
    """Bug in a handler."""


class Mood:
    """Mixin that lets handlers fail at their next deliveries, once all their work is done."""

    waiting: ClassVar[list[str]] = []

    def post_payment(self, line: LineContext) -> Feedback:
        feedback = super().post_payment(line)  # type: ignore[misc]
        match Mood.waiting.pop(0) if Mood.waiting else "good":
            case "refuses":
                raise Refusal("Not today.")
            case "trouble":
                raise Temporary("Later.")
            case "crash":
                raise Crash("A bug.")
        return feedback


class MoodySeats(Mood, GenerateSeats):
    """Moody handler, under the standard handler's name like the other two."""


class MoodySession(Mood, SetUpOneCourseSession):
    pass


class MoodyEnrolment(Mood, EnrolOnCourse):
    pass


class MoodyExtension(Mood, ExtendEnrolPeriod):
    pass


MOODY: tuple[type[Handler], ...] = (MoodySeats, MoodySession, MoodyEnrolment, MoodyExtension)


@dataclass(frozen=True)
class World:
    """Rows made once for all sequences; changes of a sequence are rolled back with it."""

    courses: Sequence[Course]
    entries: Sequence[Entry]
    users: dict[str, User]
    accounts: dict[str, CustomerAccount]
    merchant: User
    extension: Entry  # beside the others, since its units pick what an account has
    sessions: frozenset[int] = field(default_factory=frozenset)  # entries that ask for participants


def make_world() -> World:
    """Make two customer accounts (Alice's, where Bob is operator, and Carol's), five courses and eleven entries."""
    ShopIdentity.objects.create(pk=1)
    users = {name: UserFactory(email=address(name)) for name in MEMBERS}
    workshop, school = CustomerAccountFactory(name="Workshop"), CustomerAccountFactory(name="School")
    MembershipFactory(account=workshop, user=users["alice"])
    MembershipFactory(account=workshop, user=users["bob"], is_owner=False, is_operator=True)
    MembershipFactory(account=school, user=users["carol"])
    today = START.date()
    courses = (
        CourseFactory(short_name=FEW, capacity=4, group_mode="separate"),
        CourseFactory(short_name=MANY, group_mode="visible"),
        CourseFactory(
            short_name=ENDING,
            capacity=6,
            enrolment_closes_on=today + timedelta(days=8),
            last_day=today + timedelta(days=12),
        ),
        CourseFactory(short_name=LATER, first_day=today + timedelta(days=2)),
        CourseFactory(short_name=SUPPORT, capacity=2),
    )
    seats, session, course = "std_generateseats", "std_setuponecoursesession", "std_enroloncourse"
    entries = (
        _entry(seats, packsize=3, courselist="SEC-*, LATER", customersupport=SUPPORT, validity=10),
        _entry(seats, packsize=1, supervisor="teacher", duration=5),
        _entry(session, coursename=FEW, customersupport=SUPPORT, freetutors=1),
        _entry(session, coursename=FEW, autoenrolsupervisor=False, duration=9),
        _entry(session, coursename=ENDING),
        _entry(course, coursename=FEW, groupname="Evening"),
        _entry(course, coursename=LATER, customersupport=SUPPORT, duration=3),
        _entry(course, coursename=ENDING),
        EntryFactory(tiers={1: "20.00", 3: "15.15"}),
        _entry(seats, packsize=2, courselist=MANY, prices={1: "0.00"}),
    )
    return World(
        courses=courses,
        entries=entries,
        users=users,
        accounts={"alice": workshop, "bob": workshop, "carol": school},
        merchant=UserFactory(is_staff=True, email="merchant@example.org"),
        extension=_entry("std_extendenrolperiod", extension=MORE_DAYS),
        sessions=frozenset(entry.pk for entry in entries if entry.handler == session),
    )


def address(name: str) -> str:
    return f"{name}@example.org"


def participant(name: str, role: str) -> dict[str, str]:
    return {"role": role, "email": address(name), "first_name": name.title(), "last_name": "Test"}


def _entry(handler: str, *, prices: dict[int, str] | None = None, **parameters: Any) -> Entry:
    return EntryFactory(handler=handler, parameters=parameters, handler_version=1, tiers=prices)
