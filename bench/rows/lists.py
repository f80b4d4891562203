"""8. A list of a thousand people placed, and a page that answers while a list of five thousand is."""

from __future__ import annotations

from statistics import median

from django.utils import timezone

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from bench.bare import against_bare
from bench.harness import Report, in_turns, seconds
from bench.servers import YOUNG, Servers, wait_until
from bench.sizes import Sizes
from bench.traffic import Visitor
from bench.world import (
    MANY,
    PACK,
    at,
    deliver,
    no_job_waits,
    only_deliveries_wait,
    paid_order,
    participants,
    session_cookie,
)
from enrolments.courses.models import Course
from enrolments.lists.drafts import make_list
from enrolments.lists.models import PeopleList
from enrolments.lists.reading import PersonRow
from enrolments.lists.running import start_list
from outbox.jobs.doorbell import ring
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs

PACK_SIZE = 10
BARE_AT_MOST = 4.0
# A page beside a worker that places people has half of this machine's two processors.
MEANWHILE_AT_MOST = 3.0
PROMISED_SECONDS = 1.0
WITHIN = 120


def measure(report: Report, sizes: Sizes) -> None:
    people = sizes.people_a_list

    def placed() -> dict[str, float]:
        draft = draft_of(people)
        took, bare = against_bare(lambda: place(draft))
        return {"placed": took, "bare": bare}

    with at(YOUNG):
        found = in_turns(placed, rounds=sizes.rounds)
    report.compare(
        f"list of {people:,} new people placed / bare INSERTs",
        found["placed"], "s", reference=found["bare"], limit=BARE_AT_MOST,
    )  # fmt: skip


def measure_meanwhile(report: Report, sizes: Sizes, servers: Servers) -> None:
    """Measure a page that is asked for again and again while a worker places a long list."""
    draft = draft_of(sizes.people_a_long_list)
    visitor = Visitor(servers.base_url, cookies=session_cookie(MANY))
    page = f"/account/{draft.account_id}/lists/{draft.pk}/"
    alone = median(seconds(lambda: visitor.get(page)) for _time in range(10))
    no_job_waits()
    answers: list[float] = []
    with servers.worker(1):
        start_list(people_list=draft, version=draft.version, mode=PeopleList.Mode.ALL, now=timezone.now())
        ring()

        def is_over() -> bool:
            answers.append(seconds(lambda: visitor.get(page)))
            draft.refresh_from_db()
            return draft.state in PeopleList.OVER

        took = seconds(lambda: wait_until(is_over, within=WITHIN))
    no_job_waits()
    if draft.state != PeopleList.State.DONE:
        raise RuntimeError(f"The list is {draft.state}.")
    name = f"list of {sizes.people_a_long_list:,} people"
    report.figure(f"{name} placed by a worker", took, "s")
    report.compare(
        "page of a list being placed / before it began", median(answers), "s", reference=alone, limit=MEANWHILE_AT_MOST,
        remark=f"the longest of {len(answers)}: {max(answers):.2f} s",
    )  # fmt: skip


def draft_of(people: int) -> PeopleList:
    """Return a list of new people to be placed on seats just bought."""
    _buy_seats(people)
    rows = [
        PersonRow(line=line, email=each["email"], first_name="Jo", last_name="Petit", course="", role="")
        for line, each in enumerate(participants(people), 2)
    ]
    return make_list(
        account=CustomerAccount.objects.get(name=MANY),
        operator=User.objects.get(email=MANY),
        rows=rows,
        entry_code=PACK,
        course=Course.objects.get(short_name="BENCH"),
        language="en",
        now=timezone.now(),
    )


def _buy_seats(count: int) -> None:
    order = paid_order(PACK, quantity=-(-count // PACK_SIZE), by=MANY)
    only_deliveries_wait()
    deliver(order)
    no_job_waits()


def place(draft: PeopleList) -> None:
    """Run the steps of a list one after another, as a worker does; its mails wait."""
    start_list(people_list=draft, version=draft.version, mode=PeopleList.Mode.ALL, now=timezone.now())
    while Job.objects.pending().filter(kind="place_list").exists():
        run_due_jobs(limit=1)
    draft.refresh_from_db()
    if draft.state != PeopleList.State.DONE:
        raise RuntimeError(f"The list is {draft.state}.")
