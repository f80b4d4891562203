"""Numbers of an account's seats, by entry and course, for its overview and the mails about them."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Count

from accounts.members.parts import Part
from common.languages import in_reader_language
from enrolments.courses.models import Course
from enrolments.seats.models import IN_USE, SeatState
from enrolments.seats.selectors import newest_entry_names, seats_by_course
from enrolments.seats.waiting import seats_ending_soon


@dataclass(slots=True)
class Numbers:
    """Seats of one kind: free, assigned, entered; `ending` are the free ones that can be assigned for 30 days at
    most."""

    free: int = 0
    assigned: int = 0
    entered: int = 0
    ending: int = 0

    @property
    def total(self) -> int:
        return self.free + self.assigned + self.entered

    @property
    def used(self) -> int:
        return self.assigned + self.entered

    def add(self, state: str, number: int) -> None:
        match state:
            case SeatState.AVAILABLE:
                self.free += number
            case SeatState.ASSIGNED:
                self.assigned += number
            case SeatState.CONSUMED:
                self.entered += number


@dataclass(slots=True)
class CourseNumbers:
    course: Course
    numbers: Numbers = field(default_factory=Numbers)


@dataclass(slots=True)
class EntryNumbers:
    """Seats of one catalogue entry; `courses` are those its seats are used in, the one with the most people first."""

    code: str
    name: str
    numbers: Numbers = field(default_factory=Numbers)
    courses: list[CourseNumbers] = field(default_factory=list)


@dataclass(slots=True)
class SeatNumbers:
    entries: list[EntryNumbers] = field(default_factory=list)
    numbers: Numbers = field(default_factory=Numbers)


# Counted before the join: the seats are many, the batches few, and the index holds all columns that are counted. Seats
# whose own dates make them other than they are written are few, and looked at one by one.
COUNT = """
WITH written AS (
    SELECT batch_id, state, course_id, count(*) AS seats FROM enrolments_seat
    WHERE account_id = %(account)s AND state IN ('available', 'assigned', 'consumed')
    GROUP BY batch_id, state, course_id
), odd AS (
    SELECT batch_id, state, course_id, valid_until FROM enrolments_seat
    WHERE account_id = %(account)s AND state = 'assigned' AND enter_before <= %(now)s
    UNION ALL SELECT batch_id, state, course_id, valid_until FROM enrolments_seat
    WHERE account_id = %(account)s AND state = 'available' AND valid_until IS NOT NULL
), counted AS (
    SELECT batch_id, state, course_id, NULL::timestamptz AS until, seats FROM written
    UNION ALL SELECT batch_id, state, course_id, NULL, -1 FROM odd
    UNION ALL SELECT batch_id, 'available', NULL, valid_until, 1 FROM odd
)
SELECT batch.entry_code, counted.state, CASE WHEN counted.state <> 'available' THEN counted.course_id END,
    sum(counted.seats)::bigint, (array_agg(batch.entry_name ORDER BY batch.id DESC))[1], max(batch.id)
FROM counted JOIN enrolments_seatbatch batch ON batch.id = counted.batch_id
WHERE counted.state <> 'available' OR coalesce(counted.until, batch.valid_until, 'infinity') > %(now)s
GROUP BY 1, 2, 3
HAVING sum(counted.seats) > 0
ORDER BY 6, 1, 2, 3
"""


def seat_numbers(account_id: int, *, part: Part | None = None, now: datetime.datetime) -> SeatNumbers:
    """Count the seats that an account, or a part of it, can use or has used, by entry and course. Three statements, a
    few more for a part.

    The entries bought last come first, those without a free seat after the others.
    """
    rows = _counted(account_id, now) if part is None else _counted_of_part(account_id, part, now)
    found = SeatNumbers()
    courses = Course.objects.in_bulk({row[2] for row in rows if row[2] is not None})
    entries: dict[str, EntryNumbers] = {}
    by_course: dict[tuple[str, int], CourseNumbers] = {}
    for code, state, course_id, number, name in rows:
        entry = entries.pop(code, None) or EntryNumbers(code, "")
        entry.name = in_reader_language(name)
        entries[code] = entry  # the one bought last ends last
        entry.numbers.add(state, number)
        found.numbers.add(state, number)
        if course_id is not None:
            of_course = by_course.get((code, course_id))
            if of_course is None:
                of_course = by_course[code, course_id] = CourseNumbers(courses[course_id])
                entry.courses.append(of_course)
            of_course.numbers.add(state, number)
    ending = seats_ending_soon(account_id, now, part=part).values_list("batch__entry_code").annotate(Count("pk"))
    for code, number in ending.order_by():
        if code in entries:
            entries[code].numbers.ending += number
            found.numbers.ending += number
    for entry in entries.values():
        entry.courses.sort(key=lambda each: (-each.numbers.used, each.course.name.casefold()))
    latest_first = list(entries.values())[::-1]
    found.entries = sorted(latest_first, key=lambda entry: entry.numbers.free == 0)
    return found


Rows = list[tuple[str, str, int | None, int, dict[str, str]]]


def _counted(account_id: int, now: datetime.datetime) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"account": account_id, "now": now})
        return [
            (code, state, course_id, number, json.loads(name))
            for code, state, course_id, number, name, _batch in cursor.fetchall()
        ]


def _counted_of_part(account_id: int, part: Part, now: datetime.datetime) -> Rows:
    names = newest_entry_names(account_id)
    return [
        (each.entry_code, each.state, each.course_id, each.number, names[each.entry_code])
        for each in seats_by_course(account_id, part, now=now)
        if each.state in (SeatState.AVAILABLE, *IN_USE)
    ]
