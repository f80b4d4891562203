"""Putting people and free seats into a team, and removing a team."""

from __future__ import annotations

import datetime
from collections.abc import Collection

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import ngettext

from accounts.members.history.models import MemberEvent
from accounts.members.history.services import note
from accounts.members.models import CustomerAccount
from accounts.members.operators import keep_account
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from accounts.teams.models import Team
from accounts.teams.services import TeamNotFound, detail_of, lock_team
from common.again import again_after_deadlock
from common.refusals import Refused
from common.words import in_words
from enrolments.joining.models import JoinLink
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat
from enrolments.teams.quota import TeamFull, seats_in_use

Kind = MemberEvent.Kind


class TooFewSeats(Refused):
    """Refusal when fewer seats are there to be moved than asked for; `number` are there."""

    def __init__(self, number: int) -> None:
        super().__init__(
            in_words(
                lambda: (
                    ngettext(
                        "Only %(number)d seat is there: nothing was changed.",
                        "Only %(number)d seats are there: nothing was changed.",
                        number,
                    )
                    % {"number": number}
                )
            )
        )
        self.number = number


@again_after_deadlock
def put_people(
    *,
    account: CustomerAccount,
    team_id: int | None,
    delegation_ids: Collection[int],
    actor: User,
    now: datetime.datetime,
) -> int:
    """Put people into a team, or into none (None); return the number of people. Others' delegations are passed over.
    The account's history tells it.

    Seats of no team that the people have count as the team's from now on. Locks the account (FOR KEY SHARE), the people
    FOR UPDATE, which waits for and keeps out whoever places them, then the team. Raises TeamNotFound, TeamFull.
    """
    with transaction.atomic():
        if not keep_account(account.pk):
            raise TeamNotFound
        own = Delegation.objects.filter(account=account, pk__in=delegation_ids)
        people = list(
            User.objects.select_for_update()
            .filter(pk__in=own.values("person"))
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        team = None if team_id is None else lock_team(account, team_id)
        Delegation.objects.filter(account=account, person__in=people).update(team=team)
        if team is not None and team.quota is not None and seats_in_use(team) > team.quota:
            raise TeamFull(team)
        if people:
            known = sorted(own.values_list("pk", flat=True))
            detail = {"team": detail_of(team) if team is not None else None, "number": len(people), "people": known}
            note(Kind.TEAM_PEOPLE, account_id=account.pk, actor=actor, now=now, detail=detail)
    return len(people)


def loose_seats(account: CustomerAccount, *, entry_code: str, now: datetime.datetime) -> QuerySet[Seat]:
    """Return the free seats of an entry's packs that can be given to a team or taken back from one."""
    batches = SeatBatch.objects.filter(account=account, entry_code=entry_code, source=SeatBatch.Source.PACK)
    return Seat.objects.assignable_at(now).filter(account=account, batch__in=batches)


@again_after_deadlock
def move_seats_of_team(
    *,
    account: CustomerAccount,
    from_team: int | None,
    to_team: int | None,
    entry_code: str,
    number: int,
    now: datetime.datetime,
) -> None:
    """Give free seats of an entry from one team to another; None: the seats of no team.

    Locks the account (FOR KEY SHARE), the seats by key, then the team that gets them. Raises TeamNotFound, TooFewSeats.
    """
    with transaction.atomic():
        if not keep_account(account.pk):
            raise TeamNotFound
        free = loose_seats(account, entry_code=entry_code, now=now).filter(team=from_team).order_by("pk")
        # Those that a colleague is just placing are passed over.
        seats = list(free.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True)[:number])
        if len(seats) < number:
            raise TooFewSeats(len(seats))
        team = None if to_team is None else lock_team(account, to_team)
        Seat.objects.filter(pk__in=seats).update(team=team)


@again_after_deadlock
def remove_team(*, account: CustomerAccount, team_id: int, actor: User, now: datetime.datetime) -> None:
    """Delete a team; its people and seats are of no team then, its join links are withdrawn. The account's history
    tells it. Locks the account (FOR KEY SHARE), the links, the seats, the team.

    Raises TeamNotFound.
    """
    with transaction.atomic():
        if not keep_account(account.pk):
            raise TeamNotFound
        links = JoinLink.objects.filter(account=account, team=team_id)
        links.filter(revoked_at__isnull=True).update(revoked_at=now, revoked_by=actor)
        links.update(team=None)
        seats = Seat.objects.filter(account=account, team=team_id)
        list(seats.select_for_update(no_key=True).order_by("pk").values_list("pk"))
        team = Team.objects.select_for_update().filter(account=account, pk=team_id).first()
        if team is None:
            raise TeamNotFound
        Delegation.objects.filter(account=account, team=team).update(team=None)
        seats.update(team=None)
        note(Kind.TEAM_GONE, account_id=account.pk, actor=actor, now=now, detail={"team": detail_of(team)})
        team.delete()
