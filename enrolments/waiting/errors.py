"""Refusals of waiting lists."""

from __future__ import annotations

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from common.refusals import Refused
from common.words import in_words
from enrolments.courses.models import Course


class WaitingPlaceNotFound(Refused):
    """Refusal when there is no such place in a waiting list, or it has ended; whether others have it is never told."""

    message = _("This place in the waiting list does not exist any more.")


class NothingToWaitFor(Refused):
    """Refusal to wait for a course that has places left."""

    def __init__(self, course: Course) -> None:
        sentence = _("There are places left in the course “{course}”: you need not wait for one.")
        super().__init__(format_lazy(sentence, course=in_words(lambda: course.name)))
        self.course = course


class InCourseAlready(Refused):
    """Refusal to wait for a course that the person is in."""

    def __init__(self, course: Course) -> None:
        sentence = _("You are in the course “{course}” already.")
        super().__init__(format_lazy(sentence, course=in_words(lambda: course.name)))
        self.course = course


class TooFewFreeSeats(Refused):
    """Refusal to wait for more places than the account has free seats that the course may be taken with."""

    field = "places"
    message = _("Your account has not so many free seats that can be used for this course.")
