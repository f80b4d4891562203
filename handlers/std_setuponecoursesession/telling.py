"""What is said when a session is set up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.people.services import PersonFound
from common.words import end_in_words, moment_in_words
from enrolments.courses.models import Course
from enrolments.sessions.services import SessionSeats
from handlers.contract import Feedback, Text, UnitContext, in_words, paragraphs, sentences
from handlers.std_setuponecoursesession.forms import Participant


def session_is_set_up(
    *,
    course: Course,
    session: SessionSeats,
    units: Sequence[UnitContext],
    participants: Mapping[int, Participant],
    people: Mapping[str, PersonFound],
) -> Feedback:
    """The public text tells what was typed and sold, never what became of a person; no text names one."""
    set_up = _set_up(course, session)
    counts = sentences(_declared(len(participants)), _blank(len(units) - len(participants)))
    number_of_user = {
        people[participants[unit.index].email].user.pk: unit.index + 1 for unit in units if unit.index in participants
    }
    told, already = sentences(set_up, counts), _already_there(session, number_of_user)
    return Feedback(
        public=told,
        customer=paragraphs(told, already),
        sales=paragraphs(told, _accounts(people), already),
    )


def _set_up(course: Course, session: SessionSeats) -> Text:
    def say() -> str:
        told = {
            "course": course.name,
            "group": session.group.name,
            "start": moment_in_words(session.period.starts_at),
        }
        if session.period.ends_at is None:
            return _("The session in “%(course)s” is set up from %(start)s, in the group %(group)s.") % told
        told["end"] = end_in_words(session.period.ends_at)
        return _("The session in “%(course)s” is set up from %(start)s to %(end)s, in the group %(group)s.") % told

    return in_words(say)


def _declared(count: int) -> Text:
    if not count:
        return ""
    return in_words(
        lambda: (
            ngettext(
                "%(n)d participant was declared and hears from us by e-mail.",
                "%(n)d participants were declared and hear from us by e-mail.",
                count,
            )
            % {"n": count}
        )
    )


def _blank(count: int) -> Text:
    if not count:
        return ""
    return in_words(
        lambda: (
            ngettext("%(n)d seat is left to be filled later.", "%(n)d seats are left to be filled later.", count)
            % {"n": count}
        )
    )


def _already_there(session: SessionSeats, number_of_user: Mapping[int, int]) -> Text:
    """Those who were in the course before on a ground of this account."""
    return paragraphs(*[_until(number_of_user[already.user_id], already.until) for already in session.already])


def _until(number: int, until: datetime | None) -> Text:
    if until is None:
        return in_words(
            lambda: (
                _("Participant %(number)d was enrolled already, without an end, on a seat of your account.")
                % {"number": number}
            )
        )
    return in_words(
        lambda: (
            _(
                "Participant %(number)d was enrolled already until %(date)s on a seat of your account; the later end "
                "counts."
            )
            % {"number": number, "date": end_in_words(until)}
        )
    )


def _accounts(people: Mapping[str, PersonFound]) -> Text:
    if not people:
        return ""
    new = sum(1 for person in people.values() if person.created)
    known = len(people) - new
    return in_words(
        lambda: (
            _("%(new)s, %(known)s.")
            % {
                "new": ngettext("%(n)d new user invited", "%(n)d new users invited", new) % {"n": new},
                "known": ngettext("%(n)d known user enrolled", "%(n)d known users enrolled", known) % {"n": known},
            }
        )
    )
