"""Reads about the teams of an account."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db.models import Count, F, Q
from django.utils import timezone

from accounts.members.models import CustomerAccount
from accounts.people.delegation.models import Delegation
from accounts.teams.models import Team
from common.languages import in_reader_language
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat, SeatState, is_being, is_used
from enrolments.seats.selectors import newest_entry_names
from enrolments.teams.quota import kept_by_lists


@dataclass(slots=True)
class TeamRow:
    """Team with its people, its free seats, and the seats that it uses: its own, those of no team, and those that
    lists being placed will use."""

    team: Team
    people: int = 0
    free: int = 0
    in_use: int = 0

    @property
    def is_full(self) -> bool:
        return self.team.quota is not None and self.in_use >= self.team.quota


def team_rows(
    account: CustomerAccount, *, only: int | None = None, now: datetime.datetime | None = None
) -> list[TeamRow]:
    """Return the teams of an account by name, or one of them, counted as they are at `now` (None: this moment). Four
    statements."""
    now = now or timezone.now()
    teams = Team.objects.filter(account=account)
    if only is not None:
        teams = teams.filter(pk=only)
    rows = {team.pk: TeamRow(team) for team in teams}
    seats = Seat.objects.filter(team__in=rows).order_by().values("team")
    counted = seats.annotate(
        free=Count("pk", filter=is_being(SeatState.AVAILABLE, now)), used=Count("pk", filter=is_used(now))
    )
    for team_id, free, used in counted.values_list("team", "free", "used"):
        rows[team_id].free, rows[team_id].in_use = free, used
    own = Q(person__seats__account=F("account"), person__seats__team__isnull=True)
    of_no_team = own & is_used(now, seat="person__seats__")
    people = Delegation.objects.filter(account=account, team__in=rows).order_by().values("team")
    known = people.annotate(
        number=Count("person", distinct=True), used=Count("person__seats", filter=of_no_team, distinct=True)
    )
    for team_id, number, used in known.values_list("team", "number", "used"):
        rows[team_id].people = number
        rows[team_id].in_use += used
    for team_id, kept in kept_by_lists(rows).items():
        rows[team_id].in_use += kept
    return list(rows.values())


@dataclass(frozen=True, slots=True)
class FreeSeats:
    """Free seats of one entry's packs: those of a team, and those of no team."""

    entry_code: str
    entry_name: str
    of_team: int
    of_none: int


def free_seats_for(team: Team, now: datetime.datetime) -> list[FreeSeats]:
    """Return the entries with free seats of a team or of none, by name. Two statements."""
    free = Seat.objects.assignable_at(now).filter(account=team.account_id, batch__source=SeatBatch.Source.PACK)
    counted = (
        free.filter(Q(team=team) | Q(team__isnull=True))
        .order_by()
        .values_list("batch__entry_code")
        .annotate(of_team=Count("pk", filter=Q(team=team)), of_none=Count("pk", filter=Q(team__isnull=True)))
    )
    counts = {code: (of_team, of_none) for code, of_team, of_none in counted}
    names = newest_entry_names(team.account_id)
    rows = [FreeSeats(code, in_reader_language(names[code]) or code, *each) for code, each in counts.items()]
    return sorted(rows, key=lambda row: row.entry_name.casefold())
