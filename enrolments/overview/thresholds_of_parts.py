"""Telling operators who work with a part of an account that its seats of an entry are nearly used up, or all of them.

The mail is the note that they were told: each once, for the batch of the entry bought last.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db.models import Count, Max

from accounts.members.models import Membership
from accounts.members.notices.digest import language_of
from accounts.members.parts import Part
from enrolments.overview.thresholds import MAIL_KIND
from enrolments.scope import seats_within
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat, SeatState, is_used
from outbox.mails.models import Mail
from outbox.mails.services import NewMail, queue_mails


@dataclass(frozen=True, slots=True)
class _Reached:
    """Threshold that the seats of an entry have reached in a part, of the batch bought last."""

    entry_code: str
    batch_id: int
    used: int
    total: int

    @property
    def percent(self) -> int:
        return 100 if self.used == self.total else 80


def tell_used_up_in_parts(*, now: datetime.datetime) -> int:
    """Queue a mail to each limited operator whose part has reached a threshold of an entry; return their number.

    At most three statements for each part, and four in all. Locks nothing.
    """
    limited = Membership.objects.filter(
        is_operator=True, is_owner=False, limits__isnull=False, wants_thresholds=True, user__is_active=True
    )
    reached: dict[tuple[int, Part], list[_Reached]] = {}
    wanted: list[tuple[Membership, _Reached]] = []
    for member in limited.select_related("user").order_by("account_id", "pk"):
        part = Part.of(member)
        assert part is not None
        key = member.account_id, part
        if key not in reached:
            reached[key] = _reached_in(member.account_id, part, now)
        wanted += [(member, each) for each in reached[key]]
    # At 100 % both thresholds are reached: a seat freed later is no news.
    said_all = {_key(member, each, 100) for member, each in wanted if each.percent == 80}
    told = set(Mail.objects.filter(key__in=said_all).values_list("key", flat=True))
    due = [(member, each) for member, each in wanted if _key(member, each, 100) not in told]
    names = SeatBatch.objects.in_bulk({each.batch_id for _member, each in due})
    return len(queue_mails([_mail(member, each, names[each.batch_id]) for member, each in due]))


def _reached_in(account_id: int, part: Part, now: datetime.datetime) -> list[_Reached]:
    packs = Seat.objects.filter(account=account_id, batch__source=SeatBatch.Source.PACK).exclude(
        state=SeatState.REVOKED
    )
    counted = (
        seats_within(packs, account_id, part)
        .order_by()
        .values_list("batch__entry_code")
        .annotate(Max("batch_id"), used=Count("pk", filter=is_used(now)), total=Count("pk"))
    )
    rows = [_Reached(*row) for row in counted]
    return [each for each in rows if each.used * 100 >= each.total * 80]


def _key(member: Membership, reached: _Reached, percent: int) -> str:
    return f"{MAIL_KIND}:part:{reached.batch_id}:{percent}:{member.user_id}"


def _mail(member: Membership, reached: _Reached, batch: SeatBatch) -> NewMail:
    return NewMail(
        kind=MAIL_KIND,
        key=_key(member, reached, reached.percent),
        recipient=member.user.email,
        language=language_of(member),
        context={
            "entry_code": reached.entry_code,
            "entry_name": batch.entry_name,
            "is_all": reached.percent == 100,
            "is_part": True,
            "used": reached.used,
            "total": reached.total,
        },
        account_id=member.account_id,
        person_id=member.user_id,
    )
