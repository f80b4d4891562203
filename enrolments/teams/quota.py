"""Teams of the people whom operators place: whose seat a person may have, and how many a team may use."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection, Mapping

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.members.models import CustomerAccount
from accounts.people.delegation.models import Delegation
from accounts.teams.models import Team
from accounts.teams.services import TeamNotFound
from common.refusals import Refused
from common.words import in_words
from enrolments.lists.models import ListRow
from enrolments.seats.models import Seat, SeatState


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
    """Count the seats that a team uses at `now` (None: this moment): its own, those of no team that its people have,
    and those that lists being placed will use. Three statements."""
    now = now or timezone.now()
    people = Delegation.objects.filter(team=team, account=team.account_id).values("person")
    others = Seat.objects.in_use_at(now).filter(account=team.account_id, team__isnull=True, person__in=people)
    own = Seat.objects.in_use_at(now).filter(team=team)
    return own.count() + others.count() + kept_by_lists([team.pk]).get(team.pk, 0)


def kept_by_lists(team_ids: Collection[int]) -> dict[int, int]:
    """Return how many seats of the quotas of teams are reserved by lists that are being placed, by key of the team. One
    statement."""
    rows = ListRow.objects.filter(step=ListRow.Step.KEPT, team__in=team_ids)
    # Whoever was placed in this transaction has the seat, though the row does not say so yet.
    waiting = rows.filter(seat__state=SeatState.AVAILABLE, seat__people_list__isnull=False)
    return dict(waiting.order_by().values_list("team").annotate(Sum("team_seats")))


def quotas_hold(account: CustomerAccount, team_ids: Collection[int]) -> bool:
    """Tell whether teams use no more seats than their quotas. Locks the teams, by key, until the transaction ends;
    without any, no statement."""
    teams = lock_teams(account, team_ids).values() if team_ids else ()
    return all(team.quota is None or seats_in_use(team) <= team.quota for team in teams)


def room_left(teams: Collection[Team]) -> dict[int, int]:
    """Return how many more seats each of an account's teams with a quota may use, by key. Three statements, or none."""
    room = {team.pk: team.quota for team in teams if team.quota is not None}
    in_use = Seat.objects.in_use_at(timezone.now()).order_by()
    own = in_use.filter(team__in=room).values_list("team").annotate(Count("pk"))
    theirs = Delegation.objects.filter(account=OuterRef("account"), person=OuterRef("person"), team__in=room)
    of_people = (
        in_use.filter(account__in={team.account_id for team in teams}, team__isnull=True)
        .annotate(of=Subquery(theirs.order_by("pk").values("team")[:1]))
        .filter(of__isnull=False)
        .values_list("of")
        .annotate(Count("pk"))
    )
    for team_id, number in [*own, *of_people, *kept_by_lists(room).items()] if room else ():
        room[team_id] -= number
    return room


def join_teams(
    account: CustomerAccount, seat_ids: Collection[int], *, named: Mapping[int, int] | None = None
) -> dict[int, Refused]:
    """Put people without a team into that of the seats just given to them; return the refusals by key of the seat.

    `named` are the teams into which their people are to be put besides, by key of the seat. A seat of a team takes
    nobody of another one, and nobody is put from one into another. A team that would use more seats than its quota gets
    none of these beyond it. Locks the teams, by key: their seats in use are counted under that lock, after the writes
    of whoever came first. The caller has locked the seats and rolls back if anything is refused. One statement where no
    team has to do with the seats.
    """
    seats = list(
        Seat.objects.filter(pk__in=seat_ids)
        .annotate(team_of_person=team_of(account))
        .order_by("pk")
        .values_list("pk", "person_id", "team_id", "team_of_person")
    )
    asked = {
        pk: (person, [team for team in (of_seat, (named or {}).get(pk), of_person) if team], of_person)
        for pk, person, of_seat, of_person in seats
    }
    wanted = {pk: of_all[0] for pk, (_person, of_all, _of_person) in asked.items() if of_all}
    if not wanted:
        return {}
    teams = lock_teams(account, set(wanted.values()))
    refused: dict[int, Refused] = {}
    for pk, team_id in list(wanted.items()):
        if team_id not in teams:
            # Removed meanwhile: the people in it are in none.
            del wanted[pk]
            if pk in (named or {}):
                refused[pk] = TeamNotFound()
        elif len(set(asked[pk][1])) > 1:
            refused[pk] = SeatOfAnotherTeam(teams[team_id])
    for team_id in teams:
        people = [asked[pk][0] for pk, wants in wanted.items() if wants == team_id and not asked[pk][2]]
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
