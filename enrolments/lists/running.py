"""Placing a list of people: in steps, each a job of its own that commits its result and records the next one.

    draft → queued → placing → telling → done
    queued → draft      when it cannot be placed as it is: nothing has happened
    placing → undoing → stopped      all or nothing, and a row failed late

The first step keeps the seats and places of the whole list, and what it uses of the quotas of teams, in one short
transaction, so that nothing else takes them; the next ones place `CHUNK` people each. A step that is killed leaves
nothing behind and runs again.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.db import transaction

from accounts.members.operators import keep_at_desk
from accounts.teams.services import TeamNotFound
from common.again import ATTEMPTS
from common.words import last_day_of
from enrolments.courses.places.services import claim_in, lock_courses, refuse_overfull
from enrolments.grounds.models import Ground
from enrolments.grounds.notify import Placed, tell_placed
from enrolments.lists.drafts import ListMoved
from enrolments.lists.judging import Chosen, course_ids, judge
from enrolments.lists.keeping import keep_seats, let_go
from enrolments.lists.models import ListRow, PeopleList
from enrolments.lists.rows import write_rows
from enrolments.lists.typed import person_of, team_of_row, teams_named
from enrolments.lists.verdicts import FINE, Verdict
from enrolments.seats.assign import Assignment, assign_seats
from enrolments.seats.moves import SeatNotFound, SeatsRaced, state_shown
from enrolments.seats.placing import RowsRefused, SeatWanted
from enrolments.seats.release import release_seats
from enrolments.teams.quota import quotas_hold
from enrolments.values import Period
from outbox.jobs.models import Job
from outbox.jobs.steps import record_first_step, record_next_step

JOB_KIND = "place_list"
CHUNK = 200

State, Step = PeopleList.State, ListRow.Step


def start_list(*, people_list: PeopleList, version: int, mode: str, now: datetime.datetime) -> PeopleList:
    """Have a draft placed by a job. `version` is the one the page showed.

    With `mode` VALID rows that are refused are left out; with ALL one such row keeps everybody out. Raises ListMoved.
    """
    with transaction.atomic():
        drafts = PeopleList.objects.filter(pk=people_list.pk, state=State.DRAFT, version=version)
        if drafts.update(state=State.QUEUED, mode=mode, version=version + 1, refused_at=None) != 1:
            raise ListMoved
        people_list.refresh_from_db()
        record_first_step(
            kind=JOB_KIND,
            subject="list",
            subject_id=people_list.pk,
            version=people_list.version,
            account_id=people_list.account_id,
        )
    return people_list


def run_step(job: Job, now: datetime.datetime) -> None:
    """Run the next step of a list, in the job's transaction. Locks the list."""
    people_list = _lock(job)
    if people_list is None:
        return
    after = 0
    match people_list.state:
        case State.QUEUED:
            _reserve(people_list, now)
        case State.PLACING:
            _place(people_list, now)
        case State.UNDOING:
            after = _undo(people_list, now, after=job.payload.get("after", 0))
        case State.TELLING:
            _tell(people_list, now)
    if people_list.state not in (State.DRAFT, *PeopleList.OVER):
        record_next_step(job, subject="list", after=after)


def give_up(job: Job, now: datetime.datetime) -> None:
    """End a list whose step failed for the last time: what is not placed is given back."""
    people_list = _lock(job)
    if people_list is None:
        return
    if people_list.state == State.QUEUED:
        _refuse(people_list, now)
    elif people_list.state == State.PLACING:
        _end_placing(people_list)
        record_next_step(job, subject="list", after=0)


def _lock(job: Job) -> PeopleList | None:
    lists = PeopleList.objects.select_related("account", "operator", "course", "group")
    return lists.select_for_update(no_key=True, of=("self",)).filter(pk=job.payload["list"]).first()


def _move(people_list: PeopleList, state: str, **changes: object) -> None:
    PeopleList.objects.filter(pk=people_list.pk).update(state=state, **changes)
    people_list.state = state


# --- Keeping seats and places ---


def _reserve(people_list: PeopleList, now: datetime.datetime) -> None:
    for _attempt in range(ATTEMPTS):
        with transaction.atomic():
            if _try_to_reserve(people_list, now):
                return
            transaction.set_rollback(True)
    raise SeatsRaced("Seats of a list keep moving.")


def _try_to_reserve(people_list: PeopleList, now: datetime.datetime) -> bool:
    """Keep the seats of the whole list; False, with all to be undone, when a rival was quicker."""
    rows = list(people_list.rows.select_related("role").order_by("line"))
    courses = lock_courses(course_ids(rows))
    may_place = keep_at_desk(account_id=people_list.account_id, user=people_list.operator) is not None
    chosen: dict[int, Chosen] = judge(people_list, rows, courses, now=now, is_locked=True)
    fine = [row for row in rows if row.verdict in FINE]
    is_short = not fine or (people_list.mode == PeopleList.Mode.ALL and len(fine) < len(rows))
    if is_short or not may_place:
        write_rows(rows)
        _refuse(people_list, now)
        return True
    claim = claim_in(list(courses), now=now, account_id=people_list.account_id)
    if chosen and not keep_seats(people_list, [row for row in rows if row.line in chosen], chosen):
        return False
    write_rows(rows)
    if not quotas_hold(people_list.account, {each.team_id for each in chosen.values() if each.team_id is not None}):
        return False
    refuse_overfull({courses[row.course_id or 0] for row in rows if row.took_place}, claim)
    _move(people_list, State.PLACING, reserved_at=now)
    return True


def _refuse(people_list: PeopleList, now: datetime.datetime) -> None:
    """Make a draft of a list again."""
    version = people_list.version + 1
    # The very list may have been pasted again meanwhile: that draft has its fingerprint.
    fingerprint = f"{people_list.pk}:{version}"
    _move(people_list, State.DRAFT, version=version, fingerprint=fingerprint, refused_at=now, judged_at=now)


# --- Placing ---


def _kept(people_list: PeopleList) -> list[ListRow]:
    # Prefetched: joined, the few courses and roles would be made anew for each row.
    rows = people_list.rows.filter(step=Step.KEPT).prefetch_related("course", "role").order_by("line")
    return list(rows[:CHUNK])


def _place(people_list: PeopleList, now: datetime.datetime) -> None:
    rows = _kept(people_list)
    if not rows:
        _move(people_list, State.TELLING)
        return
    lock_courses(course_ids(rows))
    waiting = rows
    done: list[Assignment] = []
    while waiting:
        try:
            with transaction.atomic():
                done = _assign(people_list, waiting, now)
            break
        except SeatNotFound:
            _end_placing(people_list)
            return
        except RowsRefused as late:
            verdicts = {waiting[index].line: _verdict(each) for index, each in late.rows.items()}
            refused = [row for row in waiting if row.line in verdicts]
            let_go(people_list, refused, verdicts)
            write_rows(refused)
            if people_list.mode == PeopleList.Mode.ALL:
                _end_placing(people_list)
                return
            waiting = [row for row in waiting if row.line not in verdicts]
    _write_results(people_list, waiting, done, now)


def _assign(people_list: PeopleList, rows: Sequence[ListRow], now: datetime.datetime) -> list[Assignment]:
    teams = teams_named(people_list.account_id, rows)
    wanted, lost = [], {}
    for index, row in enumerate(rows):
        assert row.seat_id is not None
        assert row.course is not None
        team = team_of_row(row, teams)
        if row.team_typed and team is None:
            lost[index] = TeamNotFound()
        wanted.append(
            SeatWanted(
                seat_id=row.seat_id,
                course=row.course,
                person=person_of(row),
                role=row.role,
                team_id=team.pk if team is not None else None,
            )
        )
    if lost:
        raise RowsRefused(lost)
    return assign_seats(
        account=people_list.account,
        wanted=wanted,
        operator=people_list.operator,
        language=people_list.language,
        now=now,
        kept_for=people_list.pk,
    )


def _write_results(
    people_list: PeopleList, rows: Sequence[ListRow], done: Sequence[Assignment], now: datetime.datetime
) -> None:
    unused = []
    for row, assignment in zip(rows, done, strict=True):
        if assignment.is_used:
            row.step, row.person, row.placed_at = Step.PLACED, assignment.user, now
            row.team, row.team_seats = None, 0
        else:
            row.verdict = Verdict.ALREADY
            row.detail = {"until": last_day_of(assignment.until).isoformat() if assignment.until else ""}
            unused.append(row)
    let_go(people_list, unused)
    write_rows(rows)


def _verdict(refusal: object) -> str:
    code = str(getattr(refusal, "code", ""))
    return code if code in Verdict.values else Verdict.STOPPED


def _end_placing(people_list: PeopleList) -> None:
    """Give back all that is kept, and what is placed if it is all or nothing."""
    rows = list(people_list.rows.filter(step=Step.KEPT).order_by("line"))
    lock_courses(course_ids(rows))
    let_go(people_list, rows, {row.line: Verdict.STOPPED for row in rows})
    write_rows(rows)
    _move(people_list, State.UNDOING if people_list.mode == PeopleList.Mode.ALL else State.TELLING)


# --- Taking back ---


def _undo(people_list: PeopleList, now: datetime.datetime, *, after: int) -> int:
    """Release the seats of a chunk of people; those who entered the course, or were moved meanwhile, stay.

    Works on the lines after a given one; returns the last line done.
    """
    placed = people_list.rows.filter(step=Step.PLACED, line__gt=after).select_related("seat")
    rows = list(placed.order_by("line")[:CHUNK])
    if not rows:
        _move(people_list, State.STOPPED, ended_at=now)
        return after
    own = {row.seat_id: row for row in rows if row.seat and row.seat.assigned_at == row.placed_at}
    own = {pk: row for pk, row in own.items() if row.seat and row.seat.person_id == row.person_id}
    released = release_seats(
        account=people_list.account,
        # As they were read: one that was released and given to somebody else meanwhile is left alone.
        seats={pk: state_shown(row.seat) for pk, row in own.items() if pk is not None and row.seat is not None},
        actor=people_list.operator,
        now=now,
        is_told=False,
    )
    undone = [row for pk, row in own.items() if pk in released.seats]
    for row in undone:
        row.step, row.verdict = Step.UNDONE, Verdict.STOPPED
    write_rows(undone)
    return rows[-1].line


# --- Mails ---


def _tell(people_list: PeopleList, now: datetime.datetime) -> None:
    """Tell a chunk of people where they were placed: one invitation for all the courses of a person."""
    waiting = people_list.rows.filter(step=Step.PLACED, told_at__isnull=True)
    people = list(waiting.order_by("person").values_list("person_id", flat=True).distinct()[:CHUNK])
    if not people:
        _move(people_list, State.DONE, ended_at=now)
        return
    rows = list(waiting.filter(person__in=people).prefetch_related("course").order_by("line"))
    grounds = Ground.objects.live().filter(seat__in=[row.seat_id for row in rows], kind=Ground.Kind.SEAT)
    by_seat = {ground.seat_id: ground for ground in grounds.select_related("enrolment__user", "seat")}
    placed = []
    for row in rows:
        ground = by_seat.get(row.seat_id)
        # Whoever was taken off meanwhile is told nothing.
        if ground is not None and row.course is not None and ground.enrolment.user_id == row.person_id:
            placed.append(
                Placed(
                    user=ground.enrolment.user,
                    course=row.course,
                    period=Period(ground.starts_at, ground.ends_at, ground.seat.enter_before if ground.seat else None),
                    key=mail_key(row),
                    order_id=ground.order_id,
                )
            )
    if placed:
        tell_placed(
            placed=placed,
            occasion=occasion(people_list),
            account=people_list.account,
            language=people_list.language,
            now=now,
        )
    people_list.rows.filter(pk__in=[row.pk for row in rows]).update(told_at=now)


def occasion(people_list: PeopleList) -> str:
    """Return the occasion of the list's invitations."""
    return f"list:{people_list.pk}"


def mail_key(row: ListRow) -> str:
    """Return the occasion of the mail about one row."""
    return f"list:{row.people_list_id}:{row.line}"
