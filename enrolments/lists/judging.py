"""Verdicts on the rows of a list: by the rules of single assignment, in a constant number of statements."""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Q

from accounts.members.models import Membership
from accounts.members.parts import Part
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from common.refusals import Refused
from common.words import last_day_of
from enrolments.courses.models import Course
from enrolments.courses.places.services import free
from enrolments.courses.roles.models import Role
from enrolments.grounds.already import already_in_courses
from enrolments.grounds.models import Enrolment
from enrolments.lists.models import ListRow, PeopleList
from enrolments.lists.typed import NOT_READ
from enrolments.lists.verdicts import Verdict
from enrolments.scope import may_place, people_within
from enrolments.seats.models import Seat, SeatBatch
from enrolments.seats.placing import CourseNotAllowed, Rules

# Free seats in the order in which a list takes them, the first to expire first; of like ones no more than people.
AT_HAND = """
SELECT id, batch_id, role_id, team_id, keeps_place, until FROM (
    SELECT seat.*, row_number() OVER (
        PARTITION BY batch.course_list, batch.starts_at, batch.ends_at, batch.duration_days, seat.role_id, seat.team_id
        ORDER BY seat.until NULLS LAST, seat.id
    ) AS rank
    FROM enrolments_seatbatch batch CROSS JOIN LATERAL (
        SELECT id, batch_id, role_id, team_id, keeps_place, coalesce(valid_until, batch.valid_until) AS until
        FROM enrolments_seat
        WHERE batch_id = batch.id AND state = 'available' AND people_list_id IS NULL
            AND coalesce(valid_until, batch.valid_until, 'infinity') > %(now)s
            AND (%(teams)s::bigint[] IS NULL OR team_id = ANY(%(teams)s) OR batch.order_id = ANY(%(orders)s)
                OR team_id IS NULL AND %(courses)s)
        ORDER BY id LIMIT %(people)s
    ) AS seat
    WHERE batch.id = ANY(%(batches)s)
) AS at_hand
WHERE rank <= %(people)s
ORDER BY until NULLS LAST, id
"""


@dataclass(slots=True)
class LikeSeats:
    """Free seats of one batch, role and team: `sample` has what the rules look at, `left` key and kept place of
    each."""

    sample: Seat
    left: deque[tuple[int, bool]] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Seat for a row; `takes_place` tells that the person needs a place in the course that the seat does not keep."""

    seat_id: int
    takes_place: bool


@dataclass(slots=True)
class Facts:
    """All that the verdicts depend on, read at once."""

    seats: list[LikeSeats]
    rules: Rules
    places: dict[int, int | None]
    known: set[str]
    users: dict[str, int]
    already: dict[tuple[int, int], datetime.datetime | None]
    seated: set[int]
    part: Part | None
    present: set[tuple[int, int]]


def judge(
    people_list: PeopleList,
    rows: Sequence[ListRow],
    courses: Mapping[int, Course],
    *,
    now: datetime.datetime,
    is_locked: bool = False,
) -> dict[int, Chosen]:
    """Write the verdict on each row, read before by `enrolments.lists.typed`; return the seats chosen, by line.

    Before it runs, a list tells of people what its account knows, and nothing of the grounds of others: without
    `is_locked` everybody who is not enrolled by the account counts as one who needs a place. With it, under the locks
    of the courses, the count is exact. Eleven statements at most, whatever the number of rows.
    """
    facts = _facts(people_list, rows, courses, now, is_locked=is_locked)
    chosen: dict[int, Chosen] = {}
    lines: dict[tuple[int, str], int] = {}
    for row in rows:
        if row.verdict in NOT_READ:
            continue
        row.detail = {}
        course = courses.get(row.course_id or 0)
        if course is None:
            row.verdict = Verdict.NOT_ALLOWED
            continue
        first = lines.setdefault((course.pk, row.address), row.line)
        if first != row.line:
            row.verdict, row.detail = Verdict.TWICE, {"line": first}
            continue
        verdict, choice = _judge_row(row, course, facts, is_session=people_list.group_id is not None)
        row.verdict = verdict
        if verdict == Verdict.ALREADY:
            until = facts.already[course.pk, facts.users[row.address]]
            row.detail = {"until": last_day_of(until).isoformat() if until else ""}
        if choice is not None:
            chosen[row.line] = choice
    return chosen


def _judge_row(row: ListRow, course: Course, facts: Facts, *, is_session: bool) -> tuple[str, Chosen | None]:
    user_id = facts.users.get(row.address, 0)
    if is_session and user_id in facts.seated:
        return Verdict.IN_SESSION, None
    if not is_session and (course.pk, user_id) in facts.already:
        return Verdict.ALREADY, None
    found, refused = _find_seats(row, course, facts)
    if found is None:
        return refused, None
    seat_id, keeps_place = found.left[0]
    takes_place = not keeps_place and (course.pk, user_id) not in facts.present
    places = facts.places.get(course.pk)
    if takes_place and places is not None:
        if places == 0:
            return Verdict.FULL, None
        facts.places[course.pk] = places - 1
    found.left.popleft()
    verdict = Verdict.KNOWN if row.address in facts.known else Verdict.NEW
    return verdict, Chosen(seat_id, takes_place)


def _find_seats(row: ListRow, course: Course, facts: Facts) -> tuple[LikeSeats | None, str]:
    """Return the first seats that take the person; without any, the verdict."""
    verdict = ""
    for like in facts.seats:
        try:
            facts.rules.role_and_period(like.sample, course, row.role)
            if not may_place(facts.part, like.sample, course):
                raise CourseNotAllowed(course)
        except Refused as refused:
            # Seats of the right course and the wrong role tell more than those of another course.
            verdict = verdict or refused.code
            if refused.code == Verdict.WRONG_ROLE:
                verdict = refused.code
            continue
        if like.left:
            return like, ""
        verdict = Verdict.NO_SEAT
    return None, verdict or Verdict.NO_SEAT


def _facts(
    people_list: PeopleList,
    rows: Sequence[ListRow],
    courses: Mapping[int, Course],
    now: datetime.datetime,
    *,
    is_locked: bool,
) -> Facts:
    account_id = people_list.account_id
    addresses = {row.address for row in rows if row.address}
    users = dict(User.objects.filter(email__in=addresses).values_list("email", "pk"))
    part = _part_of_operator(people_list)
    seats = _seats_at_hand(people_list, len(rows), now, part)
    already = already_in_courses(
        courses=list(courses.values()), account_id=account_id, user_ids=list(users.values()), now=now
    )
    ends = {key: there.until for key, there in already.items()}
    seated: set[int] = set()
    if people_list.group_id is not None:
        in_session = Seat.objects.in_use().filter(batch__group=people_list.group_id, person__in=list(users.values()))
        seated = set(in_session.order_by().values_list("person_id", flat=True))
    present = set(ends)
    if is_locked:
        there = Enrolment.objects.taking_places().filter(course__in=list(courses), user__in=list(users.values()))
        present = set(there.order_by().values_list("course_id", "user_id"))
    known = Delegation.objects.filter(account=account_id, email__in=addresses)
    return Facts(
        seats=seats,
        rules=Rules.of({like.sample.batch.course_list for like in seats}, list(courses), now=now),
        places=free(list(courses), account_id=account_id),
        known=set(people_within(known, account_id, part).values_list("email", flat=True)),
        users=users,
        already=ends,
        seated=seated,
        part=part,
        present=present,
    )


def batches_of(people_list: PeopleList, now: datetime.datetime) -> dict[int, SeatBatch]:
    """Return the batches of seats a list may use, by key: the session's, or those of the entry that are valid."""
    extended = Seat.objects.filter(account=people_list.account_id, valid_until__gt=now)
    batches = SeatBatch.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=now) | Q(pk__in=extended.values("batch")),
        account_id=people_list.account_id,
    ).select_related("course")
    if people_list.group_id is not None:
        of_list = batches.filter(group=people_list.group_id, source=SeatBatch.Source.SESSION)
    else:
        of_list = batches.filter(entry_code=people_list.entry_code, source=SeatBatch.Source.PACK)
    return {batch.pk: batch for batch in of_list}


def _part_of_operator(people_list: PeopleList) -> Part | None:
    """Return the part of the account that whoever made a list is limited to. One statement."""
    member = Membership.objects.filter(account=people_list.account_id, user=people_list.operator_id).first()
    return Part.of(member) if member is not None else None


def _seats_at_hand(people_list: PeopleList, people: int, now: datetime.datetime, part: Part | None) -> list[LikeSeats]:
    """Return free seats the list may use, those declared for a role first. Three statements."""
    batches = batches_of(people_list, now)
    roles = {role.pk: role for role in Role.objects.all()}
    found: dict[tuple[int, int | None, int | None], LikeSeats] = {}
    within = {
        "teams": None if part is None else list(part.teams),
        "orders": [] if part is None else list(part.orders),
        "courses": part is not None and bool(part.courses),
    }
    with connection.cursor() as cursor:
        cursor.execute(AT_HAND, {"batches": list(batches), "people": people, "now": now, **within})
        for seat_id, batch_id, role_id, team_id, keeps_place, until in cursor.fetchall():
            like = found.get((batch_id, role_id, team_id))
            if like is None:
                batch, role = batches[batch_id], roles.get(role_id)
                own = {"valid_until": until} if until != batch.valid_until else {}
                terms = own | {"course": batch.course, "role": role, "team_id": team_id}
                like = LikeSeats(Seat(batch=batch, account_id=batch.account_id, **terms))
                found[batch_id, role_id, team_id] = like
            like.left.append((seat_id, keeps_place))
    return sorted(found.values(), key=lambda like: like.sample.role_id is None)


def course_ids(rows: Collection[ListRow]) -> set[int]:
    return {row.course_id for row in rows if row.course_id is not None}
