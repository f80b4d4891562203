"""9. An act on many: five thousand people taken off their seats by the steps of a job."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from django.utils import timezone
from psycopg2.extras import Json, execute_values

from bench.bare import client
from bench.harness import Report, in_turns, seconds
from bench.rows.lists import draft_of, place
from bench.servers import YOUNG
from bench.sizes import Sizes
from bench.world import at, no_job_waits
from enrolments.runs.models import Run
from enrolments.runs.running import JOB_KIND, start_run
from enrolments.seats.many import Act, fingerprint_of, look_at
from enrolments.seats.models import Seat
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs

BARE_AT_MOST = 8.0
AT_MOST_ROUNDS = 3
FREED = """
UPDATE enrolments_seat SET state = 'available', person_id = NULL, enrolment_id = NULL, assigned_at = NULL,
    assigned_by_id = NULL, course_id = NULL, enter_before = NULL
WHERE id = ANY(%s) AND state = 'assigned'
"""
ENDED = "UPDATE enrolments_ground SET ended_at = now(), ended_reason = 'released' WHERE seat_id = ANY(%s)"
CLOSED = "UPDATE enrolments_enrolment SET closed_at = now() WHERE id = ANY(%s)"
SEAT_EVENTS = """
INSERT INTO enrolments_seatevent
    (seat_id, account_id, at, actor_id, from_state, to_state, reason, course_id, person_id) VALUES %s
"""
ENROLMENT_EVENTS = "INSERT INTO enrolments_enrolmentevent (enrolment_id, at, what, detail) VALUES %s"
ROWS_DONE = "UPDATE enrolments_runrow SET step = 'done' WHERE run_id = %s"


def measure(report: Report, sizes: Sizes) -> None:
    people = sizes.people_a_long_list

    def released() -> dict[str, float]:
        draft = draft_of(people)
        place(draft)
        no_job_waits()
        seats = list(
            Seat.objects.filter(account=draft.account_id, state="assigned")
            .select_related("batch", "course", "role", "enrolment__role")
            .order_by("pk")
        )
        now = timezone.now()
        given: dict[str, Any] = {"account": draft.account, "act": Act.RELEASE, "seats": seats, "to": None, "now": now}
        seen = fingerprint_of(Act.RELEASE, None, look_at(**given))
        run = start_run(**given, seen=seen, actor=draft.operator, language="en")
        bare = _bare(run, seats)
        return {"released": seconds(lambda: _run(run)), "bare": bare}

    with at(YOUNG):
        found = in_turns(released, rounds=min(sizes.rounds, AT_MOST_ROUNDS))
    report.compare(
        f"{people:,} people taken off their seats by a job / bare statements",
        found["released"], "s", reference=found["bare"], limit=BARE_AT_MOST,
    )  # fmt: skip


def _run(run: Run) -> None:
    """Run the steps of a run one after another, as a worker does."""
    while Job.objects.pending().filter(kind=JOB_KIND).exists():
        if not run_due_jobs(limit=1):
            raise RuntimeError("A step of the act was put off.")
    run.refresh_from_db()
    if run.state != Run.State.DONE or Seat.objects.filter(account=run.account_id, state="assigned").exists():
        raise RuntimeError(f"The run is {run.state}.")


def _bare(run: Run, seats: list[Seat]) -> float:
    """Return the seconds of the same changes by a client that knows them all, one statement for each table; they are
    rolled back."""
    ids, enrolments = [seat.pk for seat in seats], [seat.enrolment_id for seat in seats]
    now = timezone.now()
    moved = (run.operator_id, "assigned", "available", "released")
    moves = [(seat.pk, seat.account_id, now, *moved, seat.course_id, seat.person_id) for seat in seats]
    closed = [(pk, now, "closed", Json({"reason": "released"})) for pk in enrolments]

    def work() -> None:
        cursor.execute(FREED, [ids])
        cursor.execute(ENDED, [ids])
        cursor.execute(CLOSED, [enrolments])
        execute_values(cursor, SEAT_EVENTS, moves, page_size=len(moves))
        execute_values(cursor, ENROLMENT_EVENTS, closed, page_size=len(closed))
        cursor.execute(ROWS_DONE, [run.pk])

    with closing(client()) as session, session.cursor() as cursor:
        took = seconds(work)
        session.rollback()
    return took
