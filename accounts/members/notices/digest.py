"""The weekly summary: once a week to each member, in their language, of what waits in the account as the mail leaves.

Which week a member was last looked at stands on the membership. So a Monday on which nothing ran is made up for on the
first day on which something does, and no week comes twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import override

from accounts.members.models import Membership
from accounts.members.rights import Right, rights_of
from accounts.members.waiting import Waits, waiting_for
from common.moments import in_shop_zone
from common.registry import Registry
from outbox.mails.services import NewMail, queue_mails

MAIL_KIND = "weekly_digest"
FROM_HOUR = 7  # of a Monday in the shop's zone


@dataclass(frozen=True)
class Section:
    """Part of the summary beside what waits, for members with one of `rights`, by a constant number of queries."""

    name: str
    heading: str | Promise
    find: Callable[[Membership, datetime], Sequence[Waits]]
    rights: Collection[Right] = field(default_factory=frozenset)


SECTIONS: Registry[Section] = Registry("section of the weekly summary")


@dataclass(frozen=True)
class Told:
    heading: str
    things: Sequence[Waits]


@dataclass(frozen=True)
class Tidings:
    """All that a member's summary tells."""

    waiting: Sequence[Waits]
    sections: Sequence[Told]

    def __bool__(self) -> bool:
        return bool(self.waiting or self.sections)


def tidings_for(membership: Membership, *, now: datetime) -> Tidings:
    """Return what there is to tell a member now, in the active language, as far as their rights go."""
    rights = rights_of(membership)
    mine = [section for section in SECTIONS if not rights.isdisjoint(section.rights)]
    told = [Told(str(section.heading), things) for section in mine if (things := section.find(membership, now))]
    return Tidings(waiting_for(membership, now=now), told)


def week_due(now: datetime) -> date:
    """Return the Monday of the week whose summary is due: this week's from Monday morning on, before it last week's."""
    local = in_shop_zone(now)
    monday = local.date() - timedelta(days=local.weekday())
    return monday if now >= sent_from(monday) else monday - timedelta(weeks=1)


def sent_from(monday: date) -> datetime:
    """Return the moment from which a week's summary is sent: the morning of its Monday in the shop's zone."""
    return datetime.combine(monday, time(FROM_HOUR), tzinfo=timezone.get_default_timezone())


# Members who leave meanwhile, or whom another task has looked at, are passed over; nobody waits for another.
CLAIM = """
UPDATE accounts_membership SET digest_week = %(week)s
WHERE id IN (
    SELECT id FROM accounts_membership WHERE id = ANY(%(ids)s) AND digest_week < %(week)s AND wants_digest
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING id
"""


def queue_digests(*, now: datetime, limit: int = 100) -> int:
    """Queue the summaries of this week that are due, for at most `limit` members; return how many were looked at.

    Nothing is mailed to a member to whom there is nothing to tell, nor to one who joined later this week. Locks the
    memberships, none of which is waited for, while it writes.
    """
    week = week_due(now)
    due = Membership.objects.filter(
        digest_week__lt=week, wants_digest=True, created_at__lt=sent_from(week), user__is_active=True
    )
    members = list(due.select_related("user", "account").order_by("pk")[:limit])
    told = {member.pk for member in members if _has_tidings(member, now)}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, {"week": week, "ids": [member.pk for member in members]})
            claimed = {row[0] for row in cursor.fetchall()}
        queue_mails([_mail(member, week) for member in members if member.pk in claimed & told])
    return len(claimed)


def language_of(membership: Membership) -> str:
    return membership.user.language or settings.LANGUAGE_CODE


def _has_tidings(membership: Membership, now: datetime) -> bool:
    with override(language_of(membership)):
        return bool(tidings_for(membership, now=now))


def _mail(membership: Membership, week: date) -> NewMail:
    return NewMail(
        kind=MAIL_KIND,
        key=f"{MAIL_KIND}:{membership.account_id}:{membership.user_id}:{week.isoformat()}",
        recipient=membership.user.email,
        language=language_of(membership),
        account_id=membership.account_id,
        person_id=membership.user_id,
        expires_at=sent_from(week + timedelta(weeks=1)),
    )
