"""Doing an act on many seats or people in steps of `CHUNK`, each of which commits its result with rows that tell it.

Each row was shown on the page that began the run, and is done only as it was shown: a seat that was moved since is left
alone, and its row says so. The services are those of a single seat.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Collection, Mapping, Sequence

from django.db import connection, transaction

from accounts.members.models import CustomerAccount, Membership
from accounts.members.parts import Part
from accounts.members.rights import Right, rights_of
from accounts.people.models import User
from common.refusals import Refused
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.people.errors import PersonNotFound
from enrolments.people.selectors import people_of
from enrolments.runs.models import Run, RunRow
from enrolments.runs.why import WhyNot
from enrolments.scope import people_within, seats_within
from enrolments.seats.many import Act, Outcome, PreviewChanged, Target, do_act, fingerprint_of, look_at
from enrolments.seats.models import Seat
from enrolments.seats.moves import SeatNotFound, state_shown
from outbox.jobs.models import Job
from outbox.jobs.steps import record_first_step, record_next_step

JOB_KIND = "act_on_many"
CHUNK = 200

State, Step = Run.State, RunRow.Step

WRITE = """
UPDATE enrolments_runrow row SET step = new.step, why = new.why, to_seat_id = new.to_seat_id
FROM unnest(%(ids)s::bigint[], %(steps)s::text[], %(whys)s::text[], %(to_seats)s::bigint[])
    AS new (id, step, why, to_seat_id)
WHERE row.id = new.id
"""


def start_run(
    *,
    account: CustomerAccount,
    act: Act,
    seats: Sequence[Seat],
    people: Sequence[int] = (),
    to: Target | None,
    seen: str,
    actor: User,
    language: str,
    now: datetime.datetime,
    reason: str = "",
    part: Part | None = None,
) -> Run:
    """Have an act done by jobs to all that it was shown to be possible for; what it was not possible for is kept too.

    `seen` is the `fingerprint_of` what was shown, `part` that of the account which the actor is limited to: the run
    keeps to it. An act that is under way already is returned. A constant number of statements. Raises PreviewChanged.
    """
    outcomes = look_at(account=account, act=act, seats=seats, people=people, to=to, part=part, now=now)
    if fingerprint_of(act, to, outcomes) != seen:
        raise PreviewChanged
    run = Run(
        account=account,
        operator=actor,
        act=act,
        course=to if isinstance(to, Course) else None,
        group=to if isinstance(to, CourseGroup) else None,
        language=language,
        reason=reason,
        fingerprint=_fingerprint(seen, actor, part),
        limits=part.limits if part is not None else None,
        made_at=now,
    )
    with transaction.atomic():
        Run.objects.bulk_create([run], ignore_conflicts=True)
        kept = Run.objects.get(account=account, fingerprint=run.fingerprint, state=State.RUNNING)
        if not kept.rows.exists():
            RunRow.objects.bulk_create(_rows(kept, outcomes))
            record_first_step(kind=JOB_KIND, subject="run", subject_id=kept.pk, account_id=account.pk)
    return kept


def _fingerprint(seen: str, actor: User, part: Part | None) -> str:
    # Whoever is limited to a part sees their own runs alone: that of a colleague is not theirs.
    return seen if part is None else hashlib.sha256(f"{seen}:{actor.pk}".encode()).hexdigest()


def _rows(run: Run, outcomes: Sequence[Outcome]) -> list[RunRow]:
    # People of several seats one after the other: one mail to each, in one step.
    ordered = outcomes if run.act != Act.INVITE else sorted(outcomes, key=lambda each: each.person_id or 0)
    return [
        RunRow(
            run=run,
            position=position,
            seat=each.seat,
            person_id=each.person_id,
            course_id=each.seat.course_id if each.seat is not None else None,
            seen=state_shown(each.seat) if each.seat is not None else "",
            step=Step.LEFT if each.why_not else Step.WAITING,
            why=_known(each.code),
        )
        for position, each in enumerate(ordered, 1)
    ]


def run_step(job: Job, now: datetime.datetime) -> None:
    """Do the next step of a run, in the job's transaction. Locks the run."""
    run = _lock(job)
    if run is None or run.state != State.RUNNING:
        return
    rows = _next_rows(run)
    if not rows:
        _end(run, State.DONE, now)
        return
    if not _may_go_on(run):
        _stop(run, now)
        return
    refused, to_seats = _do(run, rows, now)
    _write(rows, refused, to_seats)
    record_next_step(job, subject="run")


def _may_go_on(run: Run) -> bool:
    """Tell whether the operator still works with all that the run was begun with."""
    member = Membership.objects.filter(account=run.account, user=run.operator, user__is_active=True).first()
    rights = rights_of(member)
    if member is None or Right.MANAGE_SEATS in rights:
        return member is not None
    part = Part.of(member)
    return Right.WORK_IN_PART in rights and run.part is not None and part is not None and run.part.is_within(part)


def give_up(job: Job, now: datetime.datetime) -> None:
    """End a run whose step failed for the last time; what was done before stays."""
    run = _lock(job)
    if run is not None and run.state == State.RUNNING:
        _stop(run, now)


def _lock(job: Job) -> Run | None:
    runs = Run.objects.select_related("account", "operator", "course", "group__course")
    return runs.select_for_update(no_key=True, of=("self",)).filter(pk=job.payload["run"]).first()


def _next_rows(run: Run) -> list[RunRow]:
    waiting = run.rows.filter(step=Step.WAITING).order_by("position")
    rows = list(waiting[:CHUNK])
    if run.act == Act.INVITE and rows:
        last = rows[-1]
        rows += waiting.filter(person=last.person_id, position__gt=last.position)
    return rows


def _do(run: Run, rows: Sequence[RunRow], now: datetime.datetime) -> tuple[dict[int, Refused], dict[int, Seat]]:
    """Do the act to rows; return the refusals of those left alone, and the new seats of people moved, by key of row."""
    refused = _beyond(run, rows)
    rows = [row for row in rows if row.pk not in refused]
    by_seat = {row.seat_id: row.pk for row in rows if row.seat_id is not None}
    done = do_act(
        account=run.account,
        act=Act(run.act),
        seats={row.seat_id: row.seen for row in rows if row.seat_id is not None},
        people=[row.person_id for row in rows if row.person_id is not None],
        to=run.to,
        actor=run.operator,
        language=run.language,
        now=now,
        reason=run.reason,
    )
    refused |= {row.pk: why for row in rows if (why := done.no_mail.get(row.person_id or 0)) is not None}
    refused |= {by_seat[pk]: why for pk, why in done.refused.items()}
    return refused, {by_seat[pk]: seat for pk, seat in done.seats.items()}


def _beyond(run: Run, rows: Sequence[RunRow]) -> dict[int, Refused]:
    """Return refusals of the rows that left the part of the account which the run keeps to. Four statements at most."""
    if run.part is None:
        return {}
    seats = Seat.objects.filter(account=run.account, pk__in=[row.seat_id for row in rows if row.seat_id is not None])
    within = set(seats_within(seats, run.account, run.part).values_list("pk", flat=True))
    people = people_of(run.account).filter(person__in=[row.person_id for row in rows if row.seat_id is None])
    known = set(people_within(people, run.account, run.part).values_list("person", flat=True))
    return {
        row.pk: PersonNotFound() if row.seat_id is None else SeatNotFound()
        for row in rows
        if (row.person_id not in known if row.seat_id is None else row.seat_id not in within)
    }


def _write(rows: Collection[RunRow], refused: Mapping[int, Refused], to_seats: Mapping[int, Seat]) -> None:
    ids = [row.pk for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE,
            {
                "ids": ids,
                "steps": [Step.LEFT.value if pk in refused else Step.DONE.value for pk in ids],
                "whys": [_known(refused[pk].code) if pk in refused else "" for pk in ids],
                "to_seats": [to_seats[pk].pk if pk in to_seats else None for pk in ids],
            },
        )


def _known(code: str) -> str:
    return code if code in WhyNot.values or not code else WhyNot.MOVED


def _stop(run: Run, now: datetime.datetime) -> None:
    run.rows.filter(step=Step.WAITING).update(step=Step.LEFT, why=WhyNot.STOPPED)
    _end(run, State.STOPPED, now)


def _end(run: Run, state: str, now: datetime.datetime) -> None:
    Run.objects.filter(pk=run.pk).update(state=state, ended_at=now)
    run.state = state
