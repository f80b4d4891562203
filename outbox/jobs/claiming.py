"""The choice of the next job: the most urgent one that is due, as quickly among 50,000 as among five.

All pending jobs of one urgency and one kind are a queue of their own. The query hops from the head of one queue to the
next in one index, whatever their lengths, then takes the first job that nobody holds of the most urgent queue. Queues
whose kinds have to wait, such as those of a service that is away, are passed over as a whole.

Nothing starves: one choice in `ONE_IN` asks who has waited longest, whatever its urgency.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from datetime import datetime

from django.db import connection

from outbox.jobs.models import Job
from outbox.jobs.registry import JOB_KINDS

ONE_IN = 8
BY_URGENCY, BY_AGE = "urgency, due_at, id", "due_at, id"

# Only the index outbox_job_claim has the order of the search. Where the planner believes that next to nothing waits, as
# it does before the table is analysed after a rush, it finds another index and a sort of all that wait as cheap.
NO_SORTS = "SET LOCAL enable_sort = off"
NEXT = """
WITH RECURSIVE head (urgency, kind, due_at, id) AS (
    (
        SELECT urgency, kind, due_at, id FROM outbox_job WHERE state = 'pending'
        ORDER BY urgency, kind, due_at, id LIMIT 1
    )
    UNION ALL
    SELECT next.urgency, next.kind, next.due_at, next.id
    FROM head CROSS JOIN LATERAL (
        SELECT urgency, kind, due_at, id FROM outbox_job
        WHERE state = 'pending' AND (urgency, kind) > (head.urgency, head.kind)
        ORDER BY urgency, kind, due_at, id LIMIT 1
    ) AS next
)
SELECT job.*, statement_timestamp() AS claimed_at
FROM (
    SELECT * FROM head
    WHERE due_at <= statement_timestamp() AND kind <> ALL (%(passed_over)s::text[]) AND NOT EXISTS (
        SELECT 1 FROM unnest(%(kinds)s::text[], %(services)s::text[]) AS needs (kind, service)
        JOIN outbox_outsideservice AS away ON away.name = needs.service
        WHERE needs.kind = head.kind AND away.left_alone_until > statement_timestamp()
    )
    ORDER BY {order}
) AS queue
CROSS JOIN LATERAL (
    SELECT * FROM outbox_job
    WHERE state = 'pending'
        AND (urgency, kind, due_at, id) >= (queue.urgency, queue.kind, queue.due_at, queue.id)
        AND (urgency, kind, due_at) <= (queue.urgency, queue.kind, statement_timestamp())
    ORDER BY urgency, kind, due_at, id LIMIT 1
    FOR NO KEY UPDATE SKIP LOCKED
) AS job
LIMIT 1
"""

_choices = itertools.count(1)


def lock_next(*, passed_over: Collection[str]) -> tuple[Job, datetime] | None:
    """Lock and return the due job to be claimed next, and the database's time; None when no unlocked job may be.

    Jobs of the kinds `passed_over` and those of services left alone are not looked at. "Due" is by the database's
    clock: a worker's own is never asked, and a wrong one would run jobs early or never. The planner avoids sorts until
    the transaction ends.
    """
    is_by_age = next(_choices) % ONE_IN == 0
    with_io = [kind for kind in JOB_KINDS if kind.io]
    with connection.cursor() as cursor:
        cursor.execute(NO_SORTS)
    found = Job.objects.raw(
        NEXT.format(order=BY_AGE if is_by_age else BY_URGENCY),
        {
            "passed_over": list(passed_over),
            "kinds": [kind.name for kind in with_io],
            "services": [kind.service for kind in with_io],
        },
    )
    return next(((job, getattr(job, "claimed_at")) for job in found), None)  # noqa: B009  # a column of the query
