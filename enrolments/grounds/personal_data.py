"""Enrolments of a person: they stay, as counts, under a number; reasons that name somebody are scrubbed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.personal_data import Kept, Person, Record, hold, records
from common.scrubbing import scrub_rows
from enrolments.extension.models import SeatExtension
from enrolments.grounds.models import Enrolment, Ground


def enrolments(person: Person) -> Iterator[Record]:
    rows = Enrolment.objects.filter(user_id=person.key).order_by("pk")
    yield from records(
        rows, "course__name", "role__name", "starts_at", "ends_at", "opened_at", "first_entered_at", "closed_at"
    )


def scrub_reasons(person: Person, now: datetime, limit: int) -> int:
    ended, theirs = Ground.objects.exclude(ended_reason=""), Q(enrolment__user__in=person.namesakes)
    count = scrub_rows(ended, "ended_reason", person=person, limit=limit, theirs=theirs)
    extensions, theirs = SeatExtension.objects.exclude(ended_reason=""), Q(seat__person__in=person.namesakes)
    return count or scrub_rows(extensions, "ended_reason", person=person, limit=limit, theirs=theirs)


def kept_enrolments(person: Person, now: datetime) -> Iterator[Kept]:
    yield Kept(
        what=str(_("Courses and seats, under a number")),
        why=str(_("The shop and the accounts that paid go on counting them; nothing in them tells who it was.")),
        count=Enrolment.objects.filter(user_id=person.key).count(),
    )


hold(
    "enrolments",
    _("Your courses"),
    columns={"enrolments.ground": ("ended_reason",), "enrolments.seatextension": ("ended_reason",)},
    describe=enrolments,
    blank=scrub_reasons,
    keeps=kept_enrolments,
)
