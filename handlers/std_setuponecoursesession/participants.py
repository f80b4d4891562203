"""Participants declared for a session: read from the units and checked across them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from enrolments.courses.roles.models import Role
from enrolments.courses.services import find_courses
from handlers.contract import DraftLine, Text, UnitContext, UnitError, in_words
from handlers.std_setuponecoursesession.forms import Participant, SessionParameters


def declared(units: Iterable[UnitContext]) -> dict[int, Participant]:
    """Return the participants by the index of their unit, without blank units."""
    answered = ((unit.index, Participant.of(unit.answers)) for unit in units)
    return {index: participant for index, participant in answered if participant is not None}


def count_tutors(units: Iterable[UnitContext]) -> int:
    """Count the declared tutors. Validates nothing, since a cart's answers may still be wrong."""
    return sum(1 for unit in units if unit.answers.get("role") == Role.TUTOR and unit.answers.get("email"))


def repeated(lines: Sequence[DraftLine]) -> list[UnitError]:
    """Return an error at the e-mail of every participant who is declared already for the same session.

    A session is all that an order buys for one course, under whatever name the lines call it.
    """
    courses = _course_keys(lines)
    first: dict[tuple[object, str], tuple[DraftLine, UnitContext]] = {}
    errors = []
    for line in sorted(lines, key=lambda line: line.index):
        for unit in line.units:
            participant = Participant.of(unit.answers)
            if participant is None:
                continue
            key = (courses[line.index], participant.email)
            if key in first:
                errors.append(UnitError(line.index, unit.index, "email", _already_declared(line, *first[key])))
            else:
                first[key] = (line, unit)
    return errors


def _course_keys(lines: Sequence[DraftLine]) -> dict[int, object]:
    """Return the key of each line's session, by the line's index: its course, or the name of a missing one. A line
    alone is compared with no other, so nothing is looked up."""
    if len(lines) == 1:
        return {lines[0].index: None}
    names = {line.index: SessionParameters.of(line.parameters).course_name for line in lines}
    found = find_courses(names.values())
    return {index: found[name].pk if name in found else name.lower() for index, name in names.items()}


def _already_declared(line: DraftLine, first_line: DraftLine, first_unit: UnitContext) -> Text:
    number = first_unit.index + 1
    if first_line.index == line.index:
        return in_words(
            lambda: (
                _(
                    "This person is participant %(number)d already. Nobody has two seats in one session: enter "
                    "somebody else, or leave the fields blank."
                )
                % {"number": number}
            )
        )
    return in_words(
        lambda: (
            _(
                "This person is participant %(number)d of “%(entry)s” already, which is for the same session. "
                "Nobody has two seats in one session: enter somebody else, or leave the fields blank."
            )
            % {"number": number, "entry": first_line.entry_code}
        )
    )
