"""Requests of a person for courses, with their words and the answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.personal_data import Person, Record, hold, records
from common.scrubbing import scrub_rows
from enrolments.requests.models import CourseRequest

State = CourseRequest.State


def requests(person: Person) -> Iterator[Record]:
    rows = CourseRequest.objects.filter(person_id=person.key).order_by("pk")
    yield from records(rows, "account__name", "course__name", "asked_at", "words", "state", "answered_at", "answer")


def withdraw_and_blank(person: Person, now: datetime, limit: int) -> int:
    """Withdraw what is open, and empty the words; requests and answers of others that name the person are scrubbed."""
    own = CourseRequest.objects.filter(person_id=person.key)
    if count := own.filter(state=State.OPEN).update(state=State.WITHDRAWN, answered_at=now, words=""):
        return count
    told = own.exclude(words="", answer="").order_by("pk").values("pk")[:limit]
    if count := CourseRequest.objects.filter(pk__in=told).update(words="", answer=""):
        return count
    theirs = Q(person__in=person.namesakes)
    return scrub_rows(CourseRequest.objects.all(), "words", "answer", person=person, limit=limit, theirs=theirs)


hold(
    "requests",
    _("Courses that you asked for"),
    columns={"enrolments.courserequest": ("words", "answer")},
    describe=requests,
    blank=withdraw_and_blank,
)
