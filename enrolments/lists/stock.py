"""People of a list against what an account has: who is placed already, who gets a free seat of it, and for whom one has
to be bought."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef

from accounts.members.models import CustomerAccount
from common.refusals import Refused
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.courses.places.services import free
from enrolments.lists.drafts import rows_from
from enrolments.lists.judging import judge
from enrolments.lists.models import ListRow, PeopleList
from enrolments.lists.reading import PersonRow
from enrolments.lists.typed import read_rows
from enrolments.lists.verdicts import THERE, TO_PLACE, Verdict
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat
from enrolments.seats.placing import Rules
from enrolments.values import Terms

# Verdicts that another seat could change.
OF_THE_SEATS = frozenset(
    {
        Verdict.NO_SEAT, Verdict.NOT_ALLOWED, Verdict.WRONG_ROLE, Verdict.CLOSED, Verdict.OVER, Verdict.PERIOD_OVER,
        Verdict.SEAT_NOT_VALID,
    }
)  # fmt: skip


@dataclass(frozen=True)
class OnSale:
    """Seats that an entry sells: for the courses that a list of them covers, or in a session of one `course`."""

    entry_code: str
    terms: Terms
    course_list: str = ""
    course: Course | None = None


@dataclass(frozen=True)
class Looked:
    """Rows of a list with their verdicts: `to_buy` and `in_stock` are lines, the latter with the session whose seat is
    free, None for a seat of a pack. No row is saved."""

    rows: list[ListRow]
    to_buy: Collection[int] = frozenset()
    in_stock: Mapping[int, CourseGroup | None] = field(default_factory=dict)

    @property
    def there(self) -> list[ListRow]:
        return [row for row in self.rows if row.verdict in THERE]

    @property
    def wrong(self) -> list[ListRow]:
        fine = THERE | TO_PLACE
        return [row for row in self.rows if row.verdict not in fine and row.line not in self.to_buy]


def look_at(
    *,
    account: CustomerAccount,
    typed: Sequence[PersonRow],
    on_sale: OnSale,
    course: Course | None = None,
    now: datetime.datetime,
) -> Looked:
    """Tell of each person whether the account has placed them, has a free seat for them, or needs another one.

    With `course` everybody is to go there, else each row names its course; a session has its own. By the same rules as
    a list at the desk, without writing anything. A constant number of statements for any number of people.
    """
    course = on_sale.course or course
    people_list = PeopleList(account=account, entry_code=on_sale.entry_code, course=course)
    rows = rows_from(people_list, typed)
    courses = read_rows(people_list, rows)
    chosen = judge(people_list, rows, courses, now=now)
    in_stock: dict[int, CourseGroup | None] = dict.fromkeys(chosen)
    takes_place = Counter(row.course_id for row in rows if row.line in chosen and chosen[row.line].takes_place)
    if on_sale.course is not None and (left := _without_seat(rows)) and (sessions := _sessions(account, on_sale, now)):
        groups = {batch.group_id: batch.group for batch in sessions}
        in_sessions = judge(people_list, left, courses, now=now, sessions=sessions)
        in_stock |= {line: groups[choice.group_id] for line, choice in in_sessions.items()}
    to_buy = _to_buy(rows, courses, on_sale, takes_place, now)
    return Looked(rows, to_buy, in_stock)


def _sessions(account: CustomerAccount, on_sale: OnSale, now: datetime.datetime) -> list[SeatBatch]:
    """Return the batches of an entry's sessions in its course that have free seats, the newest first. One
    statement."""
    free_seats = Seat.objects.assignable_at(now).filter(batch=OuterRef("pk"))
    batches = SeatBatch.objects.filter(
        Exists(free_seats),
        account=account,
        entry_code=on_sale.entry_code,
        source=SeatBatch.Source.SESSION,
        group__isnull=False,
        course=on_sale.course,
    )
    return list(batches.select_related("course", "group__course").order_by("-pk"))


def _without_seat(rows: Sequence[ListRow]) -> list[ListRow]:
    return [row for row in rows if row.verdict in OF_THE_SEATS and row.course_id is not None]


def _to_buy(
    rows: Sequence[ListRow],
    courses: Mapping[int, Course],
    on_sale: OnSale,
    takes_place: Mapping[int | None, int],
    now: datetime.datetime,
) -> set[int]:
    """Return the lines whose people a seat on sale takes; the others get the verdict why none does. Four statements,
    none where nobody needs a seat."""
    left = _without_seat(rows)
    if not left:
        return set()
    sample = _sample(on_sale)
    rules = Rules.of({on_sale.course_list}, list(courses), now=now)
    places = free(list(courses))
    lines = set()
    for row in left:
        course = courses[row.course_id or 0]
        room = places.get(course.pk)
        try:
            rules.role_and_period(sample, course, row.role)
        except Refused as refused:
            row.verdict, row.detail = refused.code, {}
            continue
        if room is not None:
            if room - takes_place.get(course.pk, 0) < 1:
                row.verdict, row.detail = Verdict.FULL, {}
                continue
            places[course.pk] = room - 1
        row.verdict, row.detail = Verdict.NO_SEAT, {}
        lines.add(row.line)
    return lines


def _sample(on_sale: OnSale) -> Seat:
    """Return a seat as one bought now would be, as far as the rules look at it."""
    terms = on_sale.terms
    batch = SeatBatch(
        source=SeatBatch.Source.PACK if on_sale.course is None else SeatBatch.Source.SESSION,
        course_list=on_sale.course_list,
        course=on_sale.course,
        starts_at=terms.starts_at,
        ends_at=terms.ends_at,
        duration_days=terms.duration_days,
    )
    return Seat(batch=batch, course=on_sale.course)
