"""Making and naming teams."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.members.history.models import MemberEvent
from accounts.members.history.services import note
from accounts.members.models import CustomerAccount
from accounts.members.operators import keep_account
from accounts.people.models import User
from accounts.teams.models import Team
from common.refusals import Refused

Kind = MemberEvent.Kind


class TeamNotFound(Refused):
    """Refusal when this account has no such team."""

    message = _("This team does not exist.")


class TeamNameTaken(Refused):
    """Refusal when another team of the account has the name, written so or in another case."""

    message = _("Your account has a team of this name already.")


class TeamChanged(Refused):
    """Refusal when a colleague changed the team after the page was opened."""

    message = _("A colleague changed this team meanwhile: look at it, then save again.")


def make_team(*, account: CustomerAccount, name: str, quota: int | None, actor: User, now: datetime) -> Team:
    """Make a team, and note it in the account's history. Locks the account (FOR KEY SHARE). Raises TeamNotFound when
    the account is gone, TeamNameTaken."""
    with transaction.atomic():
        if not keep_account(account.pk):
            raise TeamNotFound
        team = _saved(Team(account=account, name=name, quota=quota))
        note(Kind.TEAM_MADE, account_id=account.pk, actor=actor, now=now, detail={"team": detail_of(team)})
        return team


def version_of(team: Team) -> str:
    """Return what a page shows of a team; its form posts it back, to notice a change in between."""
    return f"{'' if team.quota is None else team.quota}:{team.name}"


def change_team(
    *,
    account: CustomerAccount,
    team_id: int,
    name: str,
    quota: int | None,
    expected_version: str,
    actor: User,
    now: datetime,
) -> Team:
    """Name a team, and say how many seats it may use; more that are in use already stay so. The account's history tells
    both. Locks the team.

    Raises TeamNotFound, TeamChanged, TeamNameTaken.
    """
    with transaction.atomic():
        team = lock_team(account, team_id)
        if version_of(team) != expected_version:
            raise TeamChanged
        before = detail_of(team)
        team.name, team.quota = name, quota
        team = _saved(team)
        if detail_of(team) != before:
            detail = {"team": detail_of(team), "team_before": before}
            note(Kind.TEAM_CHANGED, account_id=account.pk, actor=actor, now=now, detail=detail)
        return team


def detail_of(team: Team) -> dict[str, object]:
    """Return what the history of an account keeps of a team."""
    return {"name": team.name, "quota": team.quota}


def lock_team(account: CustomerAccount, team_id: int) -> Team:
    """Return a team of an account, locked until the transaction ends. Raises TeamNotFound."""
    team = Team.objects.select_for_update(no_key=True).filter(account=account, pk=team_id).first()
    if team is None:
        raise TeamNotFound
    return team


def _saved(team: Team) -> Team:
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError:
        # The one constraint that a checked form can violate.
        raise TeamNameTaken from None
    return team
