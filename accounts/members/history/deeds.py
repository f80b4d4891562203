"""Acts of members among themselves, as the history of their account tells them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.members.history.models import MemberEvent
from accounts.members.history.services import DOWNLOADS
from accounts.members.history.sources import Asked, Deed, names_of
from accounts.members.models import CustomerAccount
from accounts.members.rights import roles_in_words
from accounts.people.delegation.models import Delegation

Kind = MemberEvent.Kind
OF_TEAMS = {Kind.TEAM_MADE, Kind.TEAM_CHANGED, Kind.TEAM_GONE, Kind.TEAM_PEOPLE}


def deeds_of_members(account: CustomerAccount, asked: Asked) -> Sequence[Deed]:
    """Return acts that are written as `MemberEvent`s. Five statements at most."""
    events = MemberEvent.objects.filter(account=account).select_related("link")
    if asked.actor_id is not None:
        events = events.filter(actor=asked.actor_id)
    if asked.at is not None:
        # The first condition follows from the second; the index is searched by it.
        events = events.filter(Q(at__lt=asked.at) | Q(at=asked.at, pk__lt=asked.key), at__lte=asked.at)
    rows = list(events.order_by("-at", "-pk")[: asked.limit])
    names = names_of(account, {event.person_id for event in rows})
    typed = _typed(account, [key for event in rows for key in _people_named(event)])
    return [_deed(account, event, names, typed) for event in rows]


def _people_named(event: MemberEvent) -> list[int]:
    """Return the key of the person whom a change of teams is told of by name: of one alone."""
    people: list[int] = event.detail.get("people", [])
    return people if len(people) == 1 else []


def _typed(account: CustomerAccount, delegation_ids: Collection[int]) -> dict[int, str]:
    """Return the names of people as the account typed them, by key of the delegation. One statement, or none."""
    if not delegation_ids:
        return {}
    found = Delegation.objects.filter(account=account, pk__in=delegation_ids)
    return {each.pk: f"{each.first_name} {each.last_name}".strip() or each.email for each in found}


def _deed(
    account: CustomerAccount, event: MemberEvent, names: Mapping[int | None, str], typed: Mapping[int, str]
) -> Deed:
    url = "" if event.kind == Kind.DOWNLOADED else reverse("account-members", args=[account.pk])
    if event.kind == Kind.DETAILS:
        url = reverse("account-details", args=[account.pk])
    elif event.kind in OF_TEAMS:
        url = ""
    return Deed(event.at, event.pk, event.actor_id, _in_words(event, names, typed), url)


def _in_words(event: MemberEvent, names: Mapping[int | None, str], typed: Mapping[int, str]) -> str:
    values = {
        "email": event.link.email if event.link else "",
        "person": names[event.person_id],
        "roles": roles_in_words(event.detail.get("roles", ())),
        "before": roles_in_words(event.detail.get("before", ())),
    }
    match event.kind:
        case Kind.INVITED if values["email"]:
            return _("Invited %(email)s as: %(roles)s") % values
        case Kind.INVITED:
            return _("Invited a colleague as: %(roles)s") % values
        case Kind.WITHDRAWN if values["email"]:
            return _("Withdrew the invitation of %(email)s") % values
        case Kind.WITHDRAWN:
            return _("Withdrew an invitation")
        case Kind.JOINED:
            return _("%(person)s is a member: %(roles)s") % values
        case Kind.ROLES:
            return _("Changed the roles of %(person)s. Before: %(before)s. Now: %(roles)s") % values
        case Kind.HANDED_OVER:
            return _("Handed the account over to %(person)s") % values
        case Kind.REMOVED:
            return _("Removed %(person)s from the account") % values
        case Kind.LEFT:
            return _("Left the account")
        case Kind.DETAILS:
            return _("Changed the billing details")
        case Kind.LIMITS:
            return _limits_in_words(event, values["person"])
        case Kind.TEAM_MADE | Kind.TEAM_CHANGED | Kind.TEAM_GONE | Kind.TEAM_PEOPLE:
            return _team_in_words(event, typed)
    what = DOWNLOADS.find(event.detail.get("what", ""))
    return _("Downloaded: %(what)s") % {"what": what or pgettext("what was downloaded", "a file")}


def _limits_in_words(event: MemberEvent, person: str) -> str:
    limits = event.detail.get("limits") or {}
    teams, courses, orders = (len(limits.get(name, ())) for name in ("teams", "courses", "orders"))
    if not (teams or courses or orders):
        return _("Had %(person)s work with the whole account") % {"person": person}
    values = {
        "person": person,
        "teams": ngettext("%(number)d team", "%(number)d teams", teams) % {"number": teams},
        "courses": ngettext("%(number)d course", "%(number)d courses", courses) % {"number": courses},
        "orders": ngettext("%(number)d order", "%(number)d orders", orders) % {"number": orders},
    }
    return _("Limited %(person)s to a part of the account: %(teams)s, %(courses)s, %(orders)s") % values


def _team_in_words(event: MemberEvent, typed: Mapping[int, str]) -> str:
    team, before = (_team(event.detail.get(name) or {}) for name in ("team", "team_before"))
    number = event.detail.get("number", 0)
    match event.kind:
        case Kind.TEAM_MADE:
            return _("Made the team %(team)s") % {"team": team}
        case Kind.TEAM_CHANGED:
            return _("Changed a team. Before: %(before)s. Now: %(team)s") % {"before": before, "team": team}
        case Kind.TEAM_GONE:
            return _("Removed the team %(team)s") % {"team": team}
    person = next((typed[key] for key in _people_named(event) if key in typed), "")
    if not event.detail.get("team") and person:
        return _("Took %(person)s out of their team") % {"person": person}
    if person:
        return _("Put %(person)s into the team %(team)s") % {"person": person, "team": team}
    if not event.detail.get("team"):
        sentence = ngettext("Took %(number)d person out of a team", "Took %(number)d people out of teams", number)
        return sentence % {"number": number}
    sentence = ngettext(
        "Put %(number)d person into the team %(team)s", "Put %(number)d people into the team %(team)s", number
    )
    return sentence % {"number": number, "team": team}


def _team(detail: Mapping[str, object]) -> str:
    name, quota = str(detail.get("name", "")), detail.get("quota")
    if quota is None:
        return pgettext("a team", "“%(name)s”") % {"name": name}
    return pgettext("a team", "“%(name)s” (%(quota)s seats at most)") % {"name": name, "quota": quota}
