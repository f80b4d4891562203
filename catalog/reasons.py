"""Reasons why an entry cannot be bought, each with a sentence for customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from enrolments.courses.sale import CourseForSale, NotOpen
from handlers.contract import Text, in_words


class ReasonCode(StrEnum):
    """Reasons why an entry cannot be bought; stable, for code and tests."""

    DRAFT = "draft"
    INTERNAL = "internal"
    SUSPENDED = "suspended"
    RETIRED = "retired"
    NO_PRICE = "no_price"
    TAX_UNDECIDED = "tax_undecided"
    NO_HANDLER = "no_handler"
    HANDLER_FAILS = "handler_fails"
    FAULTY = "faulty"
    PERIOD_OVER = "period_over"
    COURSE_MISSING = "course_missing"
    COURSE_OVER = "course_over"
    COURSE_HIDDEN = "course_hidden"
    COURSE_CLOSED = "course_closed"
    COURSE_NOT_YET = "course_not_yet"
    COURSE_FULL = "course_full"
    NO_OPEN_COURSE = "no_open_course"
    SIGN_IN = "sign_in"
    CUSTOMERS_ONLY = "customers_only"
    NOT_FOR_YOU = "not_for_you"
    TOO_FEW = "too_few"
    TOO_MANY = "too_many"
    TOO_FEW_PLACES = "too_few_places"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, with a sentence for the shopper."""

    code: ReasonCode
    message: Text


NOT_NOW = gettext_lazy("This cannot be bought at the moment.")

_MESSAGES: dict[ReasonCode, Text] = {
    ReasonCode.PERIOD_OVER: gettext_lazy("This is over, so it is no longer sold."),
    ReasonCode.COURSE_OVER: gettext_lazy("This course is over."),
    ReasonCode.COURSE_CLOSED: gettext_lazy("Enrolment has closed."),
    ReasonCode.COURSE_FULL: gettext_lazy("This course is full at the moment."),
    ReasonCode.NO_OPEN_COURSE: gettext_lazy("None of its courses is open at the moment."),
}


def reason(code: ReasonCode) -> Reason:
    """Return the reason with its sentence; a technical one is told as “not at the moment”."""
    return Reason(code, _MESSAGES.get(code, NOT_NOW))


def reason_of_course(sold: CourseForSale, why: NotOpen) -> Reason:
    """Return the reason of a course that is not open."""
    opens_on = sold.course.enrolment_opens_on
    if why is NotOpen.NOT_YET and opens_on is not None:
        return Reason(ReasonCode.COURSE_NOT_YET, in_words(lambda: _opens(opens_on)))
    return reason(ReasonCode(f"course_{why}"))


def too_few_places(left: int) -> Reason:
    """Return the reason of a quantity for which there are not enough places, but some."""
    return Reason(ReasonCode.TOO_FEW_PLACES, in_words(lambda: places_left_in_words(left)))


def places_left_in_words(left: int) -> str:
    return ngettext("Only one place is left.", "Only %(n)d places are left.", left) % {"n": left}


def _opens(day: date) -> str:
    return _("Enrolment opens on %(date)s.") % {"date": date_format(day, "DATE_FORMAT")}
