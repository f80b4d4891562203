"""Teams of the people whom operators place: whose seat a person may have, and how many a team may use."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.members.models import CustomerAccount
from accounts.people.delegation.models import Delegation
from accounts.teams.models import Team
from common.refusals import Refused
from common.words import in_words
from enrolments.seats.models import Seat


class SeatOfAnotherTeam(Refused):
    """Refusal when the seat is for one team and the person in another."""

    def __init__(self, team: Team) -> None:
        sentence = _("This seat is for the team “{team}”, and the person is in another one.")
        super().__init__(format_lazy(sentence, team=team.name))


class TeamFull(Refused):
    """Refusal when the team would use more seats than its quota."""

    def __init__(self, team: Team) -> None:
        quota = team.quota or 0

        def sentence() -> str:
            text = ngettext(
                "The team “%(team)s” may use %(number)d seat at most. Take somebody off theirs, or raise the number.",
                "The team “%(team)s” may use %(number)d seats at most. Take somebody off theirs, or raise it.",
                quota,
            )
            return text % {"team": team.name, "number": quota}

        super().__init__(in_words(sentence))


def team_of(account: CustomerAccount, person: str = "person") -> Subquery:
    """Return the team of the person of an outer query in an account."""
    delegations = Delegation.objects.filter(account=account, person=OuterRef(person), team__isnull=False)
    return Subquery(delegations.order_by("pk").values("team")[:1])


def seats_in_use(team: Team, *, now: datetime.datetime | None = None) -> int:
    """Count the seats that a team uses at `now` (None: this moment): its own, and those of no team that its people
    have. Two statements."""
    now = now or timezone.now()
    people = Delegation.objects.filter(team=team, account=team.account_id).values("person")
    others = Seat.objects.in_use_at(now).filter(account=team.account_id, team__isnull=True, person__in=people)
    return Seat.objects.in_use_at(now).filter(team=team).count() + others.count()


def join_teams(account: CustomerAccount, seat_ids: Collection[int]) -> dict[int, Refused]:
    """Put people without a team into that of the seats just given to them; return the refusals by key of the seat.

    A seat of a team takes nobody of another one. A team that would use more seats than its quota gets none of these
    beyond it. Locks the teams, by key: their seats in use are counted under that lock, after the writes of whoever
    came first. The caller has locked the seats and rolls back if anything is refused. One statement where no team has
    to do with the seats.
    """
    seats = list(
        Seat.objects.filter(pk__in=seat_ids)
        .annotate(team_of_person=team_of(account))
        .order_by("pk")
        .values_list("pk", "person_id", "team_id", "team_of_person")
    )
    wanted = {pk: of_seat or of_person for pk, _person, of_seat, of_person in seats if of_seat or of_person}
    if not wanted:
        return {}
    teams = lock_teams(account, set(wanted.values()))
    refused: dict[int, Refused] = {
        pk: SeatOfAnotherTeam(teams[of_seat])
        for pk, _person, of_seat, of_person in seats
        if of_seat and of_person and of_seat != of_person
    }
    for team_id in teams:
        people = [person for _pk, person, of_seat, of_person in seats if of_seat == team_id and not of_person]
        if people:
            Delegation.objects.filter(account=account, person__in=people).update(team=team_id)
    return refused | _beyond_quota({pk: team for pk, team in wanted.items() if pk not in refused}, teams)


def lock_teams(account: CustomerAccount, team_ids: Collection[int]) -> dict[int, Team]:
    """Return teams of an account, locked by key until the transaction ends. One statement."""
    teams: QuerySet[Team] = Team.objects.filter(account=account, pk__in=team_ids)
    return {team.pk: team for team in teams.select_for_update(no_key=True).order_by("pk")}


def _beyond_quota(wanted: dict[int, int], teams: dict[int, Team]) -> dict[int, Refused]:
    refused: dict[int, Refused] = {}
    for team_id in Counter(wanted.values()):
        team = teams[team_id]
        if team.quota is None:
            continue
        beyond = seats_in_use(team) - team.quota
        of_team = [pk for pk, wants in wanted.items() if wants == team_id]
        if beyond > 0:
            refused |= {pk: TeamFull(team) for pk in of_team[-beyond:]}
    return refused
