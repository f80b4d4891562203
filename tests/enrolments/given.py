"""Given things for tests: paid lines of orders, packs of seats, sessions, people as typed."""

import datetime
import itertools
from dataclasses import replace

from accounts.members.models import CustomerAccount, Membership
from accounts.people.models import User
from accounts.people.services import PersonTyped
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.grounds.models import Ground
from enrolments.seats.assign import Assignment, assign_seat
from enrolments.seats.generate import generate_seats
from enrolments.seats.models import Seat
from enrolments.sessions.services import SessionPlace, SessionSeats, create_session_seats
from enrolments.values import EntryRef, LineRef, Terms
from tests.factories.enrolments import role

# A Monday morning in Paris, well before summer time begins (29 March 2026).
NOW = datetime.datetime(2026, 3, 2, 9, 0, tzinfo=datetime.UTC)

ENTRY = EntryRef("SAFETY", {"en": "Safety", "fr": "Sécurité"})

numbers = itertools.count(1)


def at(text: str) -> datetime.datetime:
    """Return the moment written in ISO 8601 with its offset."""
    return datetime.datetime.fromisoformat(text)


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def days(count: float) -> datetime.timedelta:
    return datetime.timedelta(days=count)


def new_line(account: CustomerAccount, *, order_id: int | None = None) -> LineRef:
    number = next(numbers)
    order_id = order_id or 700_000 + number
    return LineRef(order_id, f"A-{order_id}", 800_000 + number, account.pk)


def given_pack(
    account: CustomerAccount,
    *,
    seats: int = 1,
    course_list: str = "",
    supervisor: str | None = Role.TEACHER,
    terms: Terms = Terms(),  # noqa: B008
    valid_until: datetime.datetime | None = None,
    start_before_days: int | None = None,
    remind_days: tuple[int, ...] = (90, 30, 7),
    line: LineRef | None = None,
    move_days_before: int | None = None,
    now: datetime.datetime = NOW,
) -> list[Seat]:
    """Return available seats of a pack, as a paid line makes them."""
    batch = generate_seats(
        line=line or new_line(account),
        entry=replace(ENTRY, move_days_before=move_days_before),
        units=[range(1)],
        packsize=seats,
        course_list=course_list,
        supervisor_role=role(supervisor) if supervisor else None,
        terms=terms,
        valid_until=valid_until,
        start_before_days=start_before_days,
        remind_days=remind_days,
        sold_at=now,
        now=now,
    )
    return list(batch.seats.order_by("number"))


def given_session(
    course: Course,
    account: CustomerAccount,
    *,
    learners: tuple[User, ...] = (),
    tutors: tuple[User, ...] = (),
    blanks: int = 0,
    terms: Terms = Terms(),  # noqa: B008
    operator: User | None = None,
    line: LineRef | None = None,
    move_days_before: int | None = None,
    now: datetime.datetime = NOW,
) -> SessionSeats:
    """Set up a session, as a paid line does, and return the session."""
    declared = [(role(Role.STUDENT), user) for user in learners] + [(role(Role.TUTOR), user) for user in tutors]
    people = declared + [(None, None)] * blanks
    return create_session_seats(
        line=line or new_line(account),
        entry=replace(ENTRY, move_days_before=move_days_before),
        course=course,
        places=[SessionPlace(index, role=each_role, user=user) for index, (each_role, user) in enumerate(people)],
        supervisor_role=role(Role.TEACHER),
        terms=terms,
        operator=operator,
        sold_at=now,
        now=now,
    )


def typed(email: str) -> PersonTyped:
    return PersonTyped(email=email, first_name="Camille", last_name="Durand")


def assign(seat: Seat, course: Course, email: str, operator: User, now: datetime.datetime = NOW, **how) -> Assignment:
    """Assign a seat as `operator`, who becomes one of the account's."""
    roles = {"is_operator": True, "created_at": now}
    Membership.objects.get_or_create(account=seat.account, user=operator, defaults=roles)
    return assign_seat(
        account=seat.account,
        seat_id=seat.pk,
        course=course,
        person=typed(email),
        operator=operator,
        language="en",
        now=now,
        **how,
    )


def live_grounds(user: User, course: Course) -> list[Ground]:
    return list(Ground.objects.live().filter(enrolment__user=user, enrolment__course=course).order_by("pk"))


def history(seat: Seat) -> list[tuple[str, str, str]]:
    """Return the states before and after each move of a seat, with its reason."""
    return list(seat.events.order_by("pk").values_list("from_state", "to_state", "reason"))
