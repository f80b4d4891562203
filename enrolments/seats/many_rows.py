"""Rows of the table that tells of an act on many seats, before it and after: `seats/many_rows.html`."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from enrolments.courses.models import Course
from enrolments.people.selectors import PersonRow


@dataclass(frozen=True, slots=True)
class ManyRow:
    """Seat, or person without one. `step` is one of `RunRow.Step`, `said` tells it; `why` is that of one left alone;
    `to_seat_id` is the seat that a person moved has now."""

    person_id: int | None
    person: PersonRow | None
    seat_id: int | None
    course: Course | None
    step: str
    said: str | Promise
    why: str = ""
    to_seat_id: int | None = None
