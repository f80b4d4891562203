"""Verdicts on a row of a list, before and after it is placed."""

from django.db import models
from django.utils.translation import pgettext_lazy


class Verdict(models.TextChoices):
    """Verdict on a row. Those that a seat's services give have the codes of their refusals."""

    NEW = "new", pgettext_lazy("verdict on a row", "New person")
    KNOWN = "known", pgettext_lazy("verdict on a row", "Known to your account")
    ALREADY = "already", pgettext_lazy("verdict on a row", "Already enrolled by your account; no seat is used")
    IN_SESSION = "already_in_session", pgettext_lazy("verdict on a row", "Already in this session; no seat is used")
    TWICE = "twice", pgettext_lazy("verdict on a row", "Twice in the list")
    NO_ADDRESS = "invalid_address", pgettext_lazy("verdict on a row", "No valid e-mail address")
    TWO_ADDRESSES = "two_addresses", pgettext_lazy("verdict on a row", "Two addresses in one cell: give each a row")
    NO_NAME = "no_name", pgettext_lazy("verdict on a row", "First or last name missing")
    BAD_NAME = "bad_name", pgettext_lazy("verdict on a row", "Not a name: too long, or an address of the web")
    NO_COURSE = "no_course", pgettext_lazy("verdict on a row", "No course given")
    NOT_ALLOWED = "course_not_allowed", pgettext_lazy("verdict on a row", "The seats cannot be used for this course")
    CLOSED = "course_closed", pgettext_lazy("verdict on a row", "The course is not open for enrolment")
    OVER = "course_over", pgettext_lazy("verdict on a row", "The course is over")
    FULL = "course_full", pgettext_lazy("verdict on a row", "The course is full")
    PERIOD_OVER = "period_over", pgettext_lazy("verdict on a row", "The period the seats were sold for is over")
    WRONG_ROLE = "wrong_role", pgettext_lazy("verdict on a row", "No free seat takes this role")
    BAD_ROLE = "bad_role", pgettext_lazy("verdict on a row", "Role unknown: learner or tutor")
    BAD_LANGUAGE = "bad_language", pgettext_lazy("verdict on a row", "Language unknown: English or French")
    BAD_TEAM = "team_not_found", pgettext_lazy("verdict on a row", "Your account has no team of this name")
    OTHER_TEAM = "seat_of_another_team", pgettext_lazy("verdict on a row", "The person is in another team")
    TEAM_FULL = "team_full", pgettext_lazy("verdict on a row", "The team has no seats left")
    NO_SEAT = "no_seat", pgettext_lazy("verdict on a row", "No seat left")
    SEAT_NOT_VALID = "seat_not_valid", pgettext_lazy("verdict on a row", "The validity of the seats is over")
    SEAT_TAKEN = "seat_not_free", pgettext_lazy("verdict on a row", "The seat was taken back meanwhile")
    STOPPED = "stopped", pgettext_lazy("verdict on a row", "Not placed: the list was ended before")


# Rows with these use a seat, or need none: nothing about them keeps a list from being placed.
TO_PLACE = frozenset({Verdict.NEW, Verdict.KNOWN})
THERE = frozenset({Verdict.ALREADY, Verdict.IN_SESSION})
FINE = TO_PLACE | THERE
