"""Reasons for which an act leaves a seat or a person as they were: the codes of the services' refusals."""

from django.db import models
from django.utils.translation import pgettext_lazy


class WhyNot(models.TextChoices):
    NOBODY = "nobody", pgettext_lazy("why nothing was done", "Nobody has this seat.")
    NO_SEAT = (
        "no_seat_of_account",
        pgettext_lazy("why nothing was done", "The person has no seat among those you look after."),
    )
    HAS_ENTERED = "has_entered", pgettext_lazy("why nothing was done", "The person had entered the course.")
    CONSUMED = "seat_consumed", pgettext_lazy("why nothing was done", "The person entered the course meanwhile.")
    NOT_ASSIGNED = "seat_not_assigned", pgettext_lazy("why nothing was done", "The seat was freed meanwhile.")
    MOVED = "seat_moved", pgettext_lazy("why nothing was done", "The seat was changed meanwhile.")
    FROZEN = (
        "seat_frozen",
        pgettext_lazy("why nothing was done", "The seat is on hold: its order is being settled with the shop."),
    )
    NOT_FOUND = "seat_not_found", pgettext_lazy("why nothing was done", "The seat is not one of your account any more.")
    NOT_ALLOWED = (
        "course_not_allowed",
        pgettext_lazy("why nothing was done", "The seat cannot be used for that course."),
    )
    CLOSED = "course_closed", pgettext_lazy("why nothing was done", "The course is not open for enrolment.")
    OVER = "course_over", pgettext_lazy("why nothing was done", "The course is over.")
    FULL = "course_full", pgettext_lazy("why nothing was done", "The course is full.")
    TOO_LATE = (
        "course_begins_too_late",
        pgettext_lazy("why nothing was done", "The course begins after the day by which the person has to begin."),
    )
    MOVED_TOO_LATE = (
        "moved_too_late",
        pgettext_lazy("why nothing was done", "The last day on which the person could be moved is over."),
    )
    PERIOD_OVER = "period_over", pgettext_lazy("why nothing was done", "The period the seat was sold for is over.")
    NOT_VALID = "seat_not_valid", pgettext_lazy("why nothing was done", "The validity of the seat is over.")
    IN_COURSE = (
        "already_in_course",
        pgettext_lazy("why nothing was done", "Your account has the person in that course already."),
    )
    OTHER_COURSE = "other_course", pgettext_lazy("why nothing was done", "The session is in another course.")
    IN_SESSION = "already_in_session", pgettext_lazy("why nothing was done", "The person is in that session already.")
    NO_FREE_SEAT = "no_free_seat", pgettext_lazy("why nothing was done", "No seat of the session is free.")
    WRONG_ROLE = "wrong_role", pgettext_lazy("why nothing was done", "No seat takes the person in their role.")
    JUST_NOW = (
        "mailed_just_now",
        pgettext_lazy("why nothing was done", "A mail of your account went to them moments ago."),
    )
    OFTEN = "mailed_often", pgettext_lazy("why nothing was done", "They got as many mails within a day as are allowed.")
    IN_NO_COURSE = (
        "in_no_course",
        pgettext_lazy("why nothing was done", "They are in no course of your account any more."),
    )
    PERSON = "person_not_found", pgettext_lazy("why nothing was done", "Somebody your account did not name")
    STOPPED = "stopped", pgettext_lazy("why nothing was done", "Not done: the act was ended before.")
