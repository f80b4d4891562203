"""Steps that the handlers that enrol share: from a line to courses, roles, places and refusals."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from common.languages import in_reader_language
from common.plain_rows import plain_row
from common.refusals import Refused
from enrolments.courses.models import Course
from enrolments.courses.places.services import CourseClosed, CourseFull, CourseOver, free, hold_places
from enrolments.courses.roles.models import Role
from enrolments.courses.services import find_course
from enrolments.grounds.periods import PeriodOver, enrolment_period
from enrolments.values import EntryRef, LineRef, Terms
from handlers.contract import LineContext, Refusal, Text, in_words, sentences

TAKE_IT_OUT = gettext_lazy("Take it out of the cart to go on, or ask us about it.")
WE_GET_IN_TOUCH = gettext_lazy("Our team has been told and will get in touch with you.")

SUPERVISING = (Role.Kind.SUPERVISOR.value,)


def line_ref(line: LineContext) -> LineRef:
    """Return the line as the floor below knows it."""
    return LineRef(
        order_id=line.order_id,
        order_number=line.order_number,
        line_id=line.line_id,
        account_id=line.account.pk,
    )


def entry_ref(line: LineContext) -> EntryRef:
    """Return the entry as it was sold."""
    return EntryRef(line.entry_code, dict(line.entry_name), move_days_before=line.move_days_before)


def name_of(line: LineContext) -> str:
    """Return the entry's name in the active language, else in any."""
    return in_reader_language(line.entry_name) or line.entry_code


def course_called(line: LineContext, short_name: str) -> Course | None:
    """Return the course of that name: the one the engine has locked for this hook, else as it is in the database."""
    if not short_name:
        return None
    return line.courses.get(short_name) or find_course(short_name)


def sold_course(line: LineContext, short_name: str) -> Course:
    """Return the course that a line sells. Raises ``Refusal`` when there is none of that name (any more)."""
    course = course_called(line, short_name)
    if course is None:
        raise Refusal(
            sentences(
                in_words(
                    lambda: (
                        _("“%(entry)s” cannot be had for the moment: the course it is for does not exist.")
                        % {"entry": name_of(line)}
                    )
                ),
                what_next(line),
            )
        )
    return course


def what_next(line: LineContext) -> Text:
    """Return the customer's next step after a refusal: before payment to take the line out, then to wait for us."""
    return TAKE_IT_OUT if line.paid_at is None else WE_GET_IN_TOUCH


def sold_role(line: LineContext, code: str, kinds: Collection[str] | None = None) -> Role:
    """Return the role of that code. Raises ``Refusal`` when there is none, or it is of another kind."""
    role = plain_row(Role, "WHERE code = %s", [code])
    if role is None or (kinds is not None and role.kind not in kinds):
        raise Refusal(
            sentences(
                in_words(
                    lambda: (
                        _("“%(entry)s” cannot be had for the moment: its role “%(role)s” is not set up in the shop.")
                        % {"entry": name_of(line), "role": code}
                    )
                ),
                what_next(line),
            )
        )
    return role


def hold(line: LineContext, course: Course, places: int) -> None:
    """Hold ``places`` of an open course until the line is delivered or its order ends unpaid.

    Raises ``Refusal``, which tells the customer how many places are left.
    """
    try:
        hold_places(course=course, line=line_ref(line), places=places, now=line.now, user_id=_buyer_id(line))
    except CourseFull as full:
        left = free([course.pk], user_id=_buyer_id(line))[course.pk] or 0
        raise _too_few_places(course, left) from full
    except (CourseClosed, CourseOver) as closed:
        raise not_open(course) from closed


def _buyer_id(line: LineContext) -> int | None:
    return line.buyer.pk if line.buyer is not None else None


def ask_open(line: LineContext, course: Course) -> None:
    """Raise ``Refusal`` unless the course is open; places are not checked."""
    if not course.is_open_at(line.now):
        raise not_open(course)


def not_open(course: Course) -> Refusal:
    return Refusal(
        in_words(
            lambda: (
                _(
                    "The course “%(course)s” is not open for enrolment at the moment. Take it out of the cart to go "
                    "on, or ask us when it opens again."
                )
                % {"course": course.name}
            )
        )
    )


def ask_period(line: LineContext, course: Course, terms: Terms) -> None:
    """Raise ``Refusal`` when the period sold is over already, or over before the course begins."""
    try:
        enrolment_period(course=course, now=line.now, terms=terms)
    except PeriodOver as over:
        raise too_late(line) from over


def too_late(line: LineContext) -> Refusal:
    return Refusal(
        sentences(
            in_words(lambda: _("“%(entry)s” is over and could not be used any more.") % {"entry": name_of(line)}),
            what_next(line),
        )
    )


def _too_few_places(course: Course, left: int) -> Refusal:
    if not left:
        return Refusal(
            in_words(
                lambda: (
                    _("The course “%(course)s” is full. Take it out of the cart to go on, or ask us about other dates.")
                    % {"course": course.name}
                )
            )
        )
    return Refusal(
        in_words(
            lambda: (
                ngettext(
                    "Only %(n)d place is left in the course “%(course)s”. Lower the quantity, or ask us about "
                    "other dates.",
                    "Only %(n)d places are left in the course “%(course)s”. Lower the quantity, or ask us about "
                    "other dates.",
                    left,
                )
                % {"n": left, "course": course.name}
            )
        )
    )


@contextmanager
def refusals() -> Iterator[None]:
    """Turn refusals of the floor below, at delivery, into the handler's ``Refusal`` in the same words."""
    try:
        yield
    except Refusal:
        raise
    except Refused as refused:
        raise Refusal(sentences(refused.message, WE_GET_IN_TOUCH)) from refused
