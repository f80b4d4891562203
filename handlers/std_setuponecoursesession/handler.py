"""A training session in one course, with its participants, set up by one purchase."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.people.delegation.services import delegate
from accounts.people.models import User
from accounts.people.services import find_or_create_people
from common.emails import normalise_email
from enrolments.courses.models import Course
from enrolments.courses.places.services import retake_holds
from enrolments.courses.roles.models import Role
from enrolments.grounds.enrol import PeriodOver, enrolment_period
from enrolments.grounds.notify import tell_enrolled
from enrolments.grounds.supervise import supervise
from enrolments.seats.models import Seat, SeatBatch, SeatState
from enrolments.sessions.services import create_session_seats
from enrolments.unit_rows import read_unit_indexes
from enrolments.values import Period
from handlers.contract import (
    DraftLine,
    EntryToCheck,
    Feedback,
    Finding,
    Handler,
    LineContext,
    Revocation,
    UnitContext,
    UnitErrors,
)
from handlers.delivery import (
    SUPERVISING,
    ask_period,
    entry_ref,
    hold,
    line_ref,
    locked,
    refusals,
    role_among,
    sold_course,
    sold_role,
)
from handlers.findings import check_course, check_role, check_support_course, check_terms
from handlers.giving_back import take_back_seats
from handlers.std_setuponecoursesession.forms import Participant, ParticipantForm, SessionForm, SessionParameters
from handlers.std_setuponecoursesession.participants import (
    count_tutors,
    declared,
    repeated,
    session_places,
    typed,
)
from handlers.std_setuponecoursesession.telling import session_is_set_up
from handlers.support import enrol_operator_in_support


class SetUpOneCourseSession(Handler):
    """One unit is one participant, with a micro-form of his own; all that an order buys for a course is one session."""

    name = "std_setuponecoursesession"
    version = 1
    label = _("Training session in one course")
    summary = _("Sets a session up: participants are declared while buying, enrolled and invited once it is paid.")
    MerchantForm = SessionForm
    UnitForm = ParticipantForm
    units_may_be_blank = True

    def check(self, entry: EntryToCheck) -> list[Finding]:
        return list(_findings(SessionParameters.of(entry.parameters)))

    def charged_units(self, params: Mapping[str, Any], units: Sequence[UnitContext]) -> int:
        """Free tutors are never more than the seats that are charged."""
        free = min(SessionParameters.of(params).free_tutors, count_tutors(units), len(units) // 2)
        return len(units) - free

    def courses(self, params: Mapping[str, Any]) -> Collection[str]:
        return [SessionParameters.of(params).course_name]

    def courses_to_lock(self, params: Mapping[str, Any]) -> Collection[str]:
        session = SessionParameters.of(params)
        return [name for name in (session.course_name, session.support_course) if name]

    def clean_units(self, lines: Sequence[DraftLine]) -> None:
        errors = repeated(lines)
        if errors:
            raise UnitErrors(errors)

    def pre_payment(self, line: LineContext) -> Feedback:
        """Holds a place per unit, also for people who are in the course already: who that is, is told to nobody."""
        params = SessionParameters.of(line.parameters)
        course = sold_course(line, params.course_name)
        sold_role(line, params.supervisor, SUPERVISING)
        ask_period(line, course, params.terms)
        hold(line, course, places=len(line.units))
        return Feedback()

    def retake(self, line: LineContext) -> Feedback:
        with refusals():
            retake_holds(order_id=line.order_id, now=line.now)
        return Feedback()

    def post_payment(self, line: LineContext) -> Feedback:
        if SeatBatch.objects.filter(line_id=line.line_id).exists():
            return Feedback()
        params = SessionParameters.of(line.parameters)
        course = sold_course(line, params.course_name)
        roles = Role.objects.in_bulk(field_name="code")
        supervisor = role_among(roles, line, params.supervisor, SUPERVISING)
        participants = declared(line.units)
        people = find_or_create_people(
            people=typed(participants.values()), account=line.account, language=line.language, now=line.now
        )
        users = {email: found.user for email, found in people.items()}
        with refusals():
            session = create_session_seats(
                line=line_ref(line),
                entry=entry_ref(line),
                course=locked(line, course),
                places=session_places(line.units, participants, users, roles),
                supervisor_role=supervisor,
                terms=params.terms,
                operator=line.operator,
                sold_at=line.paid_at or line.now,
                now=line.now,
            )
        # The address of an unclaimed order hears of no person, not even that it is one of the participants.
        silent = contact_address(line) if line.operator is None else None
        tell(line, course, [user for email, user in users.items() if email != silent], session.period)
        return session_is_set_up(
            course=course,
            session=session,
            units=line.units,
            participants=participants,
            people=people,
        )

    def attach_operator(self, line: LineContext) -> Feedback:
        """Before delivery there is nothing to attach to, nor after all was given back."""
        assert line.operator is not None
        seats = list(
            Seat.objects.filter(batch__line_id=line.line_id)
            .exclude(state=SeatState.REVOKED)
            .select_related("person", "batch__course", "batch__group", "batch__supervisor_role")
            .order_by("pk")
        )
        if not seats:
            return Feedback()
        read_unit_indexes(seats)
        batch = seats[0].batch
        assert batch.course is not None
        params = SessionParameters.of(line.parameters)
        if params.enrols_supervisor and batch.supervisor_role is not None:
            supervise(
                line=line_ref(line),
                course=locked(line, batch.course),
                operator=line.operator,
                role=batch.supervisor_role,
                group=batch.group,
                terms=params.terms,
                now=line.now,
            )
        participants = declared(line.units)
        users = users_on_seats(seats, participants)
        delegate(
            account=line.account,
            operator=line.operator,
            people=typed(
                person for person in participants.values() if users.get(person.email, line.operator) != line.operator
            ),
            users=users,
            now=line.now,
        )
        self._tell_claimant(line, batch.course, users, params)
        return enrol_operator_in_support(line, params.support_course)

    def _tell_claimant(
        self, line: LineContext, course: Course, users: Mapping[str, User], params: SessionParameters
    ) -> None:
        """Who claims an order in which he declared himself hears of it now."""
        claimant = users.get(contact_address(line))
        if claimant is not None:
            with suppress(PeriodOver):
                tell(line, course, [claimant], enrolment_period(course=course, now=line.now, terms=params.terms))

    def revoke(self, line: LineContext, units: Sequence[UnitContext], reason: Revocation) -> Feedback:
        return take_back_seats(line, units, reason)


def contact_address(line: LineContext) -> str:
    return normalise_email(line.contact_email)


def tell(line: LineContext, course: Course, users: Sequence[User], period: Period) -> None:
    """Mail participants, each in his language; twice for the same line mails nobody twice."""
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


def users_on_seats(seats: Sequence[Seat], participants: Mapping[int, Participant]) -> dict[str, User]:
    """The users who sit on the seats they were declared for, by the address typed for them."""
    return {
        participants[seat.unit_index].email: seat.person
        for seat in seats
        if seat.person is not None and seat.unit_index is not None and seat.unit_index in participants
    }


def _findings(params: SessionParameters) -> Iterator[Finding]:
    now = timezone.now()
    yield from check_course(params.course_name, field="coursename", now=now)
    yield from check_role(params.supervisor, field="supervisor", kinds=SUPERVISING)
    yield from check_support_course(params.support_course, now=now)
    yield from check_terms(params.terms, now=now)
