"""Mails that tell operators whose seats were not entered in time, or were given up by their people."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from accounts.members.models import CustomerAccount, Membership
from accounts.members.rights import Right, members_with
from accounts.people.models import User
from common.defused import defused
from enrolments.courses.models import Course
from enrolments.people.selectors import typed_names
from enrolments.seats.models import Seat
from outbox.mails.models import Mail
from outbox.mails.services import NewMail, queue_mails

KIND = "seats_lapsed"
# A mail names this many people; a link leads to all seats.
PEOPLE_NAMED = 50


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Assignment that has lapsed, as it was before the seat was freed."""

    seat_id: int
    account_id: int
    person_id: int
    course: Course
    assigned_by_id: int | None

    @classmethod
    def of(cls, seat: Seat) -> Lapsed:
        assert seat.person_id is not None
        assert seat.course is not None
        return cls(seat.pk, seat.account_id, seat.person_id, seat.course, seat.assigned_by_id)


def tell_operators(
    lapsed: Sequence[Lapsed], over: Collection[int], *, gave_up: bool = False, now: datetime.datetime
) -> None:
    """Queue one mail to each operator about the seats they had assigned; `over` are the seats that expired by it, and
    `gave_up` tells that their people gave them up.

    Seats of somebody who is no operator of the account any more are told to the owner who joined first. Recorded in the
    caller's transaction. Two statements.
    """
    if not lapsed:
        return
    heard: dict[tuple[int, User], list[Lapsed]] = {}
    readers = members_with(Right.MANAGE_SEATS, {each.account_id for each in lapsed})
    for each in lapsed:
        reader = _reader(readers.get(each.account_id, []), each.assigned_by_id)
        if reader is not None:
            heard.setdefault((each.account_id, reader), []).append(each)
    queue_mails([_mail(account_id, user, of_user, over, gave_up, now) for (account_id, user), of_user in heard.items()])


def build(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the people by course, as the account typed them, and the address of its seats."""
    account = CustomerAccount.objects.filter(pk=mail.account_id or 0).first()
    rows = mail.context["rows"]
    names = typed_names(account, {row["person"] for row in rows[:PEOPLE_NAMED]}) if account is not None else {}
    known = [(row, names[row["person"]]) for row in rows[:PEOPLE_NAMED] if row["person"] in names]
    path = reverse("account-seats", args=[mail.account_id])
    return {
        "people": [{"name": defused(each.name or each.email), "course": row["course"]} for row, each in known],
        "others": len(rows) - len(known),
        "gave_up": mail.context.get("gave_up", False),
        "seats_url": f"{settings.SITE_URL}{path}",
    }


def _reader(members: Sequence[Membership], assigned_by_id: int | None) -> User | None:
    own = (member.user for member in members if member.user_id == assigned_by_id)
    owners = (member.user for member in members if member.is_owner)
    return next(own, None) or next(owners, None)


def _mail(
    account_id: int,
    user: User,
    lapsed: Sequence[Lapsed],
    over: Collection[int],
    gave_up: bool,
    now: datetime.datetime,
) -> NewMail:
    language = user.language or settings.LANGUAGE_CODE
    with translation.override(language):
        rows = [{"person": each.person_id, "course": each.course.name} for each in lapsed]
    expired = sum(each.seat_id in over for each in lapsed)
    return NewMail(
        kind=KIND,
        key=f"{KIND}:{user.pk}:{lapsed[0].seat_id}:{now.isoformat()}",
        recipient=user.email,
        language=language,
        context={
            "rows": rows,
            "number": len(rows),
            "free": len(rows) - expired,
            "expired": expired,
            "gave_up": gave_up,
        },
        account_id=account_id,
        person_id=user.pk,
    )
