"""Training session in one course, with its participants, set up by one purchase."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enrolments.courses.places.services import retake_holds
from handlers.contract import (
    DraftLine,
    EntryToCheck,
    Fact,
    Feedback,
    Finding,
    Handler,
    LineContext,
    Revocation,
    Sold,
    UnitContext,
    UnitErrors,
)
from handlers.delivery import SUPERVISING, ask_period, hold, refusals, sold_course, sold_role
from handlers.facts import free_tutors_in_words, period_facts
from handlers.findings import check_course, check_role, check_support_course, check_terms
from handlers.giving_back import take_back_seats
from handlers.std_setuponecoursesession.forms import ParticipantForm, SessionForm, SessionParameters
from handlers.std_setuponecoursesession.participants import count_tutors, repeated
from handlers.std_setuponecoursesession.session import attach_operator, is_set_up, set_up
from handlers.std_setuponecoursesession.words import session_is_set_up
from handlers.support import enrol_operator_in_support


class SetUpOneCourseSession(Handler):
    """Handler of sessions: each unit is a participant with a micro-form; an order's units in a course are a session."""

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
        """Return the number of seats charged; free tutors are never more than those."""
        free = min(SessionParameters.of(params).free_tutors, count_tutors(units), len(units) // 2)
        return len(units) - free

    def courses(self, params: Mapping[str, Any]) -> Collection[str]:
        return [SessionParameters.of(params).course_name]

    def sold(self, params: Mapping[str, Any]) -> Sold:
        session = SessionParameters.of(params)
        facts = [*period_facts(session.terms)]
        if session.free_tutors:
            facts.append(Fact(_("Tutors"), free_tutors_in_words(session.free_tutors)))
        return Sold(courses=[session.course_name], terms=session.terms, facts=facts)

    def courses_to_lock(self, params: Mapping[str, Any]) -> Collection[str]:
        session = SessionParameters.of(params)
        return [name for name in (session.course_name, session.support_course) if name]

    def clean_units(self, lines: Sequence[DraftLine]) -> None:
        errors = repeated(lines)
        if errors:
            raise UnitErrors(errors)

    def pre_payment(self, line: LineContext) -> Feedback:
        """Hold a place per unit, also for people who are in the course already: nobody is told who they are."""
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
        return Feedback() if is_set_up(line) else session_is_set_up(set_up(line))

    def attach_operator(self, line: LineContext) -> Feedback:
        """Attach the operator, unless the line has no seats: before delivery, or all given back."""
        if not attach_operator(line):
            return Feedback()
        return enrol_operator_in_support(line, SessionParameters.of(line.parameters).support_course)

    def revoke(self, line: LineContext, units: Sequence[UnitContext], reason: Revocation) -> Feedback:
        return take_back_seats(line, units, reason)


def _findings(params: SessionParameters) -> Iterator[Finding]:
    now = timezone.now()
    yield from check_course(params.course_name, field="coursename", now=now)
    yield from check_role(params.supervisor, field="supervisor", kinds=SUPERVISING)
    yield from check_support_course(params.support_course, now=now)
    yield from check_terms(params.terms, now=now)
