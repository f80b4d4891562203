"""Telling the operators of an account that the seats of an entry are nearly used up, or all of them.

Found by comparing, not by each assignment: nothing is slower for it, and whatever was missed is found the next time.
"""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from accounts.members.models import Membership
from accounts.members.notices.digest import language_of
from accounts.members.rights import Right, members_with
from outbox.mails.services import NewMail, queue_mails

MAIL_KIND = "seats_used_up"

# The seats of an entry in an account, by the batch bought last. Entries that were told of to the end are left out
# before anything is counted; so are accounts that nobody has claimed, told once there is somebody to tell.
DUE = """
WITH newest AS (
    SELECT account_id, entry_code, max(id) AS batch_id FROM enrolments_seatbatch
    WHERE source = 'pack' GROUP BY account_id, entry_code
), open AS (
    SELECT * FROM newest
    WHERE NOT EXISTS (SELECT FROM enrolments_usedup told WHERE told.batch_id = newest.batch_id AND told.percent = 100)
        AND EXISTS (SELECT FROM accounts_membership member WHERE member.account_id = newest.account_id)
), counted AS (
    SELECT open.account_id, open.batch_id, count(*) FILTER (
        WHERE seat.state = 'consumed' OR seat.state = 'assigned' AND coalesce(seat.enter_before > %(now)s, true)
    ) AS used, count(*) AS total
    FROM open JOIN enrolments_seatbatch batch USING (account_id, entry_code)
        JOIN enrolments_seat seat ON seat.batch_id = batch.id
    WHERE batch.source = 'pack' AND seat.state <> 'revoked'
    GROUP BY open.account_id, open.batch_id
)
SELECT account_id, batch_id, used, total FROM counted
WHERE used = total OR used * 100 >= total * 80 AND NOT EXISTS (
    SELECT FROM enrolments_usedup told WHERE told.batch_id = counted.batch_id AND told.percent = 80
)
ORDER BY batch_id LIMIT %(limit)s
"""
# At 100 % both thresholds are reached: a seat freed later is no news. Tells which batches are new to it.
TELL = """
WITH due AS (
    SELECT * FROM unnest(%(batches)s::bigint[], %(percents)s::int[]) AS due (batch_id, percent)
), written AS (
    INSERT INTO enrolments_usedup (batch_id, percent, at)
    SELECT batch_id, threshold, %(now)s FROM due JOIN (VALUES (80), (100)) AS known (threshold) ON threshold <= percent
    ORDER BY batch_id, threshold
    ON CONFLICT DO NOTHING
    RETURNING batch_id, percent
)
SELECT written.batch_id, batch.entry_code, batch.entry_name
FROM written JOIN due USING (batch_id, percent) JOIN enrolments_seatbatch batch ON batch.id = written.batch_id
"""


@dataclass(frozen=True)
class Due:
    account_id: int
    batch_id: int
    used: int
    total: int

    @property
    def percent(self) -> int:
        return 100 if self.used == self.total else 80


def tell_used_up(*, now: datetime.datetime, limit: int = 200) -> int:
    """Queue a mail to each operator of the accounts of at most `limit` entries that have reached a threshold.

    Return the number of entries found. Each is told once, whoever runs this at the same moment. Four statements,
    whatever the number. Locks nothing.
    """
    due = _rows_due(limit, now)
    if not due:
        return 0
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                TELL,
                {"batches": [each.batch_id for each in due], "percents": [each.percent for each in due], "now": now},
            )
            told = {batch_id: (code, json.loads(name)) for batch_id, code, name in cursor.fetchall()}
        news = [each for each in due if each.batch_id in told]
        accounts = {each.account_id for each in news}
        members = members_with(Right.MANAGE_SEATS, accounts, wants_thresholds=True)
        queue_mails(
            [_mail(member, each, *told[each.batch_id]) for each in news for member in members.get(each.account_id, ())]
        )
    return len(due)


def _rows_due(limit: int, now: datetime.datetime) -> list[Due]:
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"limit": limit, "now": now})
        return [Due(*row) for row in cursor.fetchall()]


def _mail(member: Membership, due: Due, code: str, name: Any) -> NewMail:
    return NewMail(
        kind=MAIL_KIND,
        key=f"{MAIL_KIND}:{due.batch_id}:{due.percent}:{member.user_id}",
        recipient=member.user.email,
        language=language_of(member),
        context={
            "entry_code": code,
            "entry_name": name,
            "is_all": due.percent == 100,
            "used": due.used,
            "total": due.total,
        },
        account_id=due.account_id,
        person_id=member.user_id,
    )
