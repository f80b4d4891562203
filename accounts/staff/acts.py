"""Giving rights, as an act that can ask for a second person."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.people.models import User
from accounts.people.permissions import in_words, thing_of
from accounts.second_person.acts import ACTS, Act, Doing, Values
from accounts.second_person.models import Approval
from accounts.second_person.services import do_or_ask
from accounts.staff.choices import group_in_words
from accounts.staff.rights import GIVE, Wanted, change_rights

GIVE_RIGHTS = "give_rights"


def give_rights_or_ask(*, user_id: int, wanted: Wanted, actor: User, now: datetime) -> Approval | None:
    """Give a person rights, or keep that for a second person; return what is kept. Raises what `change_rights` does."""
    values = {
        "user": user_id,
        "is_staff": wanted.is_staff,
        "is_superuser": wanted.is_superuser,
        "groups": sorted(wanted.groups),
        "permissions": sorted(wanted.permissions),
    }
    _result, kept = do_or_ask(kind=GIVE_RIGHTS, about=f"user:{user_id}", values=values, actor=actor, now=now)
    return kept


def _perform(values: Values, doing: Doing) -> bool:
    wanted = Wanted(
        is_staff=values["is_staff"],
        is_superuser=values["is_superuser"],
        groups=frozenset(values["groups"]),
        permissions=frozenset(values["permissions"]),
    )
    return change_rights(
        user_id=values["user"],
        wanted=wanted,
        actor_id=doing.actor.pk,
        asked_by_id=doing.asked_by.pk if doing.asked_by else None,
        now=doing.now,
    )


def _asks(has_changed: bool, values: Values) -> bool:
    return bool(has_changed and settings.SECOND_PERSON_RIGHTS)


def _told(values: Values) -> list[tuple[str | Promise, str]]:
    groups = Group.objects.filter(pk__in=values["groups"]).select_related("staff_role")
    permissions = Permission.objects.filter(pk__in=values["permissions"]).select_related("content_type")
    given = [*map(group_in_words, groups), *(f"{thing_of(each)}: {in_words(each)}" for each in permissions)]
    return [
        (_("Person"), str(User.objects.get(pk=values["user"]))),
        (_("May enter the administration"), _("yes") if values["is_staff"] else _("no")),
        (_("Has every right"), _("yes") if values["is_superuser"] else _("no")),
        (_("Roles and groups"), ", ".join(given) or _("none")),
    ]


def _url(values: Values) -> str:
    return reverse("admin:accounts_user_change", args=[values["user"]])


def register() -> None:
    act = Act(
        kind=GIVE_RIGHTS,
        label=gettext_lazy("Give rights"),
        permission=GIVE,
        perform=_perform,
        asks=_asks,
        told=_told,
        url=_url,
    )
    ACTS.register(GIVE_RIGHTS, act)
