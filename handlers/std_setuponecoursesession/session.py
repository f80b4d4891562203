"""Delivery of a session: read the line, decide each seat, write everything in sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from accounts.people.delegation.services import delegate
from accounts.people.models import User
from accounts.people.services import PersonFound, PersonTyped, find_or_create_people
from common.emails import normalise_email
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.grounds.notify import tell_enrolled
from enrolments.grounds.periods import PeriodOver, enrolment_period
from enrolments.grounds.supervise import supervise
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat, SeatState
from enrolments.sessions.services import SessionPlace, create_session_seats
from enrolments.unit_rows import read_unit_indexes
from enrolments.values import Period
from handlers.contract import LineContext
from handlers.delivery import SUPERVISING, entry_ref, line_ref, refusals, sold_course, sold_role
from handlers.std_setuponecoursesession.forms import Participant, SessionParameters
from handlers.std_setuponecoursesession.participants import declared


@dataclass(frozen=True, kw_only=True)
class SessionSetUp:
    """Result of a delivery.

    `already` are the numbers of participants who were in the course before on a ground of the account, each with the
    end of it (None: no end); `created` and `known` count the participants' users.
    """

    course: Course
    group_name: str
    period: Period
    declared: int
    blank: int
    created: int
    known: int
    already: tuple[tuple[int, datetime | None], ...]


def is_set_up(line: LineContext) -> bool:
    return SeatBatch.objects.filter(line_id=line.line_id).exists()


def set_up(line: LineContext) -> SessionSetUp:
    """Write the line's seats, people, enrolments and mails; nothing that depends on the operator. Raises Refusal."""
    params = SessionParameters.of(line.parameters)
    course = sold_course(line, params.course_name)
    supervisor = sold_role(line, params.supervisor, SUPERVISING)
    roles = Role.objects.in_bulk([Role.STUDENT, Role.TUTOR], field_name="code")
    participants = declared(line.units)

    people = find_or_create_people(
        people=_typed(participants.values()), account=line.account, language=line.language, now=line.now
    )
    with refusals():
        session = create_session_seats(
            line=line_ref(line),
            entry=entry_ref(line),
            course=course,
            places=_places(line, participants, people, roles),
            supervisor_role=supervisor,
            terms=params.terms,
            remind_days=params.remind_days,
            operator=line.operator,
            sold_at=line.paid_at or line.now,
            now=line.now,
        )
    # The address of an unclaimed order gets no mail about a person, not even when it is a participant's own.
    silent = normalise_email(line.contact_email) if line.operator is None else None
    _tell(line, course, [found.user for email, found in people.items() if email != silent], session.period)

    numbers = {people[person.email].user.pk: index + 1 for index, person in participants.items()}
    created = sum(found.created for found in people.values())
    return SessionSetUp(
        course=course,
        group_name=session.group.name,
        period=session.period,
        declared=len(participants),
        blank=len(line.units) - len(participants),
        created=created,
        known=len(people) - created,
        already=tuple((numbers[each.user_id], each.until) for each in session.already),
    )


def attach_operator(line: LineContext) -> bool:
    """Write the rows that depend on the order's operator; return False where no seat is left, and before delivery.

    A person who claims an order in which they declared themselves is mailed now.
    """
    assert line.operator is not None
    seats = list(
        Seat.objects.filter(batch__line_id=line.line_id)
        .exclude(state=SeatState.REVOKED)
        .select_related("person", "batch__course", "batch__group", "batch__supervisor_role")
        .order_by("pk")
    )
    if not seats:
        return False
    read_unit_indexes(seats)
    batch = seats[0].batch
    course = batch.course
    assert course is not None
    params = SessionParameters.of(line.parameters)
    participants = declared(line.units)
    # By the address typed for them: people who sit on the seats they were declared for.
    users = {
        participants[seat.unit_index].email: seat.person
        for seat in seats
        if seat.person is not None and seat.unit_index is not None and seat.unit_index in participants
    }
    others = [person for person in participants.values() if users.get(person.email, line.operator) != line.operator]

    if params.enrols_supervisor and batch.supervisor_role is not None:
        supervise(
            line=line_ref(line),
            course=course,
            operator=line.operator,
            role=batch.supervisor_role,
            group=batch.group,
            terms=params.terms,
            now=line.now,
        )
    delegate(account=line.account, operator=line.operator, people=_typed(others), users=users, now=line.now)
    claimant = users.get(normalise_email(line.contact_email))
    if claimant is not None:
        with suppress(PeriodOver):
            _tell(line, course, [claimant], enrolment_period(course=course, now=line.now, terms=params.terms))
    return True


def _typed(participants: Iterable[Participant]) -> list[PersonTyped]:
    return [
        PersonTyped(email=person.email, first_name=person.first_name, last_name=person.last_name)
        for person in participants
    ]


def _places(
    line: LineContext,
    participants: Mapping[int, Participant],
    people: Mapping[str, PersonFound],
    roles: Mapping[str, Role],
) -> list[SessionPlace]:
    """Return one place per unit: declared ones with person and role, blank ones with neither."""
    return [
        SessionPlace(unit.index, role=roles[person.role], user=people[person.email].user)
        if (person := participants.get(unit.index)) is not None
        else SessionPlace(unit.index)
        for unit in line.units
    ]


def _tell(line: LineContext, course: Course, users: Sequence[User], period: Period) -> None:
    """Mail participants, each in their language; a second call for the line mails nobody twice."""
    tell_enrolled(
        users=users,
        course=course,
        account=line.account,
        line=line_ref(line),
        key=f"session:{line.line_id}",
        period=period,
        language=line.language,
        now=line.now,
    )
