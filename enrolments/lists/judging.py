"""Verdicts on the rows of a list: by the rules of single assignment, in a constant number of statements."""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count

from accounts.members.models import Membership
from accounts.members.parts import Part
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from accounts.teams.models import Team
from common.refusals import Refused
from common.words import last_day_of
from enrolments.courses.models import Course
from enrolments.courses.places.services import free
from enrolments.grounds.already import already_in_courses
from enrolments.grounds.models import Enrolment
from enrolments.lists.at_hand import LikeSeats, seats_at_hand
from enrolments.lists.matching import Demand, Matching
from enrolments.lists.models import ListRow, PeopleList
from enrolments.lists.typed import NOT_READ, team_of_row, teams_named
from enrolments.lists.verdicts import Verdict
from enrolments.scope import may_place, people_within
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat
from enrolments.seats.placing import CourseNotAllowed, Rules
from enrolments.teams.quota import room_left


@dataclass(frozen=True, slots=True)
class Chosen:
    """Seat for a row, with its session; `takes_place` tells that the person needs a place in the course that the seat
    does not keep. `team_seats` are those that the team uses then: with the person come their seats of no team."""

    seat_id: int
    takes_place: bool
    group_id: int | None = None
    team_id: int | None = None
    team_seats: int = 0


@dataclass(slots=True)
class Facts:
    """All that the verdicts depend on, read at once.

    `teams` are those of people by their address, `named` those that rows name; `room` is what is left of quotas, and
    `loose` the number of seats of no team that people have, by key, which count as their team's once they are in one.
    """

    seats: list[LikeSeats]
    rules: Rules
    places: dict[int, int | None]
    known: set[str]
    users: dict[str, int]
    already: dict[tuple[int, int], datetime.datetime | None]
    seated: set[int]
    part: Part | None
    present: set[tuple[int, int]]
    named: Mapping[str, Team]
    teams: dict[str, Team]
    room: dict[int, int]
    loose: Mapping[int, int]


@dataclass(slots=True)
class Choice:
    """Seats chosen so far: what each row that is placed demands, by line."""

    matching: Matching
    demands: dict[tuple[int, int | None, int | None, bool], tuple[Demand, str, dict[str, object]]] = field(
        default_factory=dict
    )
    placed: dict[int, Demand] = field(default_factory=dict)
    teams: dict[int, tuple[int, int]] = field(default_factory=dict)


def judge(
    people_list: PeopleList,
    rows: Sequence[ListRow],
    courses: Mapping[int, Course],
    *,
    now: datetime.datetime,
    is_locked: bool = False,
    sessions: Sequence[SeatBatch] = (),
) -> dict[int, Chosen]:
    """Write the verdict on each row, read before by `enrolments.lists.typed`; return the seats chosen, by line.

    Rows get seats in their order; a row that only some seats serve gets one of these if it can be had by giving rows
    before it others. Before it runs, a list tells of people what its account knows, and nothing of the grounds of
    others: without `is_locked` everybody who is not enrolled by the account counts as one who needs a place. With it,
    under the locks of the courses, the count is exact. Given batches of sessions, their seats are chosen from, those of
    the first one first, in place of the list's. A constant number of statements, whatever the number of rows.
    """
    facts = _facts(people_list, rows, courses, now, is_locked=is_locked, sessions=sessions)
    is_session = people_list.group_id is not None or bool(sessions)
    choice = Choice(Matching([len(like.left) for like in facts.seats]))
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
        row.verdict, row.detail = _judge_row(row, course, facts, choice, is_session=is_session)
    return _seats_chosen(facts, choice)


def _judge_row(
    row: ListRow, course: Course, facts: Facts, choice: Choice, *, is_session: bool
) -> tuple[str, dict[str, object]]:
    """Return the verdict on a row and its detail; keep in `choice` what it demands, if it needs a seat and gets one."""
    user_id = facts.users.get(row.address, 0)
    if is_session and user_id in facts.seated:
        return Verdict.IN_SESSION, {}
    if not is_session and (course.pk, user_id) in facts.already:
        until = facts.already[course.pk, user_id]
        return Verdict.ALREADY, {"until": last_day_of(until).isoformat() if until else ""}
    team = facts.teams.get(row.address)
    named = team_of_row(row, facts.named)
    if team is not None and named is not None and team != named:
        return Verdict.OTHER_TEAM, {"team": team.name}
    team = team or named
    needs_place = (course.pk, user_id) not in facts.present
    demand, refused, detail = _demand(row, course, team, facts, choice, needs_place=needs_place)
    way = choice.matching.find(demand)
    if way is None:
        return refused, detail
    places = facts.places.get(course.pk)
    if places is not None and way.places > places:
        return Verdict.FULL, {}
    if team is not None:
        # Whoever joins a team brings along the seats of no team that they have.
        needed = 1 + (facts.loose.get(user_id, 0) if row.address not in facts.teams else 0)
        if needed > facts.room.get(team.pk, needed):
            return Verdict.TEAM_FULL, {"team": team.name}
        if team.pk in facts.room:
            facts.room[team.pk] -= needed
        facts.teams[row.address] = team
        choice.teams[row.line] = team.pk, needed
    if places is not None:
        facts.places[course.pk] = places - way.places
    choice.matching.take(way)
    choice.placed[row.line] = demand
    return Verdict.KNOWN if row.address in facts.known else Verdict.NEW, {}


def _demand(
    row: ListRow, course: Course, team: Team | None, facts: Facts, choice: Choice, *, needs_place: bool
) -> tuple[Demand, str, dict[str, object]]:
    """Return the seats that serve a person, with the verdict and its detail if none of them is to be had.

    Nobody comes into a team by a seat of it: whoever is in none, and is put into none, gets a seat of none.
    """
    team_id = team.pk if team is not None else None
    key = (course.pk, row.role_id, team_id, needs_place)
    if key not in choice.demands:
        kinds: dict[int, int] = {}
        verdict = ""
        detail: dict[str, object] = {}
        for kind, like in enumerate(facts.seats):
            try:
                facts.rules.role_and_period(like.sample, course, row.role)
                if not may_place(facts.part, like.sample, course):
                    raise CourseNotAllowed(course)
            except Refused as refused:
                # Seats of the right course and the wrong role tell more than those of another course.
                verdict = refused.code if refused.code == Verdict.WRONG_ROLE else verdict or refused.code
                continue
            verdict = Verdict.NO_SEAT
            if like.sample.team_id in (None, team_id):
                kinds[kind] = int(needs_place and not like.sample.keeps_place)
            else:
                detail = {"of_teams": True}
        choice.demands[key] = Demand(kinds), verdict or Verdict.NO_SEAT, detail if verdict == Verdict.NO_SEAT else {}
    return choice.demands[key]


def _seats_chosen(facts: Facts, choice: Choice) -> dict[int, Chosen]:
    """Return the seats for the rows that are placed: of like seats the first ones for the first rows."""
    kinds = {demand: deque(choice.matching.kinds_of(demand)) for demand in set(choice.placed.values())}
    chosen = {}
    for line, demand in choice.placed.items():
        kind = kinds[demand].popleft()
        team_id, team_seats = choice.teams.get(line, (None, 0))
        like = facts.seats[kind]
        chosen[line] = Chosen(
            like.left.popleft(),
            takes_place=bool(demand.kinds[kind]),
            group_id=like.sample.batch.group_id,
            team_id=team_id,
            team_seats=team_seats,
        )
    return chosen


def _facts(
    people_list: PeopleList,
    rows: Sequence[ListRow],
    courses: Mapping[int, Course],
    now: datetime.datetime,
    *,
    is_locked: bool,
    sessions: Sequence[SeatBatch],
) -> Facts:
    account_id = people_list.account_id
    addresses = {row.address for row in rows if row.address}
    users = dict(User.objects.filter(email__in=addresses).values_list("email", "pk"))
    member = Membership.objects.filter(account=account_id, user=people_list.operator_id).first()
    part = Part.of(member) if member is not None else None
    seats = seats_at_hand(people_list, len(rows), now, part, sessions)
    already = already_in_courses(
        courses=list(courses.values()), account_id=account_id, user_ids=list(users.values()), now=now
    )
    ends = {key: there.until for key, there in already.items()}
    seated: set[int] = set()
    groups = {people_list.group_id, *(batch.group_id for batch in sessions)} - {None}
    if groups:
        in_session = Seat.objects.in_use().filter(batch__group__in=groups, person__in=list(users.values()))
        seated = set(in_session.order_by().values_list("person_id", flat=True))
    present = set(ends)
    if is_locked:
        there = Enrolment.objects.taking_places().filter(course__in=list(courses), user__in=list(users.values()))
        present = set(there.order_by().values_list("course_id", "user_id"))
    named = teams_named(account_id, rows)
    teams = _teams_of(account_id, users)
    limited = [team for team in {*named.values(), *teams.values()} if team.quota is not None]
    known = Delegation.objects.filter(account=account_id, email__in=addresses)
    return Facts(
        seats=seats,
        rules=Rules.of({like.sample.batch.course_list for like in seats}, list(courses), now=now),
        places=free(list(courses), account_id=account_id),
        known=set(people_within(known, account_id, part).values_list("email", flat=True)),
        part=part,
        users=users,
        already=ends,
        seated=seated,
        present=present,
        named=named,
        teams=teams,
        room=room_left(limited),
        loose=_loose_seats(account_id, users) if limited else {},
    )


def _teams_of(account_id: int, users: Mapping[str, int]) -> dict[str, Team]:
    """Return the teams of people in an account, by their address. One statement."""
    of_teams = Delegation.objects.filter(account=account_id, person__in=list(users.values()), team__isnull=False)
    found: dict[int, Team] = {}
    for delegation in of_teams.select_related("team").order_by("pk"):
        if delegation.team is not None:
            found.setdefault(delegation.person_id, delegation.team)
    return {email: found[pk] for email, pk in users.items() if pk in found}


def _loose_seats(account_id: int, users: Mapping[str, int]) -> dict[int, int]:
    """Count the seats of no team that people have in an account, by their key. One statement."""
    loose = Seat.objects.in_use().filter(account=account_id, team__isnull=True, person__in=list(users.values()))
    return {pk: number for pk, number in loose.order_by().values_list("person_id").annotate(Count("pk")) if pk}


def course_ids(rows: Collection[ListRow]) -> set[int]:
    return {row.course_id for row in rows if row.course_id is not None}
