"""Rights of staff: nobody gives a right that they do not have, nor changes a person who has more of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from accounts.security_log.kinds import Kind
from accounts.security_log.services import record
from common.refusals import Refused

GIVE = "accounts.give_rights"
TAKE_FACTOR = "accounts.take_factor_away"


class RightNotHeld(Refused):
    """Refusal to give a right that the giver does not have."""

    message = _("You cannot give rights that you do not have yourself. Nothing was changed.")


class HasMoreRights(Refused):
    """Refusal to change a person or a group with rights that the actor does not have."""

    message = _("This has rights that you do not have, so only somebody who has them may change it.")


class MayNotGive(Refused):
    """Refusal because the actor may not change rights."""

    message = _("You may not change people’s rights.")


class ReadyMade(Refused):
    """Refusal to change or delete the group of a ready-made role."""

    message = _("The rights of a ready-made role belong to it. Make a group of your own for others.")


@dataclass(frozen=True)
class Rights:
    """Rights of a person or a group as stored: permissions written `app.codename`, or all of them."""

    held: frozenset[str] = frozenset()
    has_all: bool = False

    def covers(self, other: Rights) -> bool:
        return self.has_all or (not other.has_all and other.held <= self.held)


@dataclass(frozen=True)
class Wanted:
    """Rights that a person shall have: keys of groups and of single permissions."""

    is_staff: bool
    is_superuser: bool
    groups: frozenset[int]
    permissions: frozenset[int]

    @classmethod
    def of(cls, user: User) -> Wanted:
        """Read what a person has now."""
        return cls(
            is_staff=user.is_staff,
            is_superuser=user.is_superuser,
            groups=frozenset(user.groups.values_list("pk", flat=True)),
            permissions=frozenset(user.user_permissions.values_list("pk", flat=True)),
        )


def lock_rights() -> None:
    """Make every other change of rights wait until this transaction ends; taken after all locks of rows.

    With it, rights that were read stand until what was decided by them is written: otherwise somebody whose right is
    being taken could still pass it on.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('accounts.rights', 0))")


def rights_of(user_id: int, *, even_closed: bool = False) -> Rights:
    """Read a person's rights, whatever was read of the person before; none for somebody closed.

    With `even_closed` those that they have again once they are opened.
    """
    people = User.objects.filter(pk=user_id).only("is_superuser")
    user = (people if even_closed else people.filter(is_active=True)).first()
    if user is None:
        return Rights()
    return Rights(has_all=True) if user.is_superuser else Rights(_named(Q(user=user_id) | Q(group__user=user_id)))


def rights_of_group(group_id: int) -> Rights:
    return Rights(_named(Q(group=group_id)))


def rights_of_permissions(keys: Iterable[int]) -> Rights:
    return Rights(_named(Q(pk__in=list(keys))))


def _named(condition: Q) -> frozenset[str]:
    rows = Permission.objects.filter(condition).order_by().values_list("content_type__app_label", "codename")
    return frozenset(f"{app}.{codename}" for app, codename in rows)


def outranks(*, actor_id: int, user_id: int) -> bool:
    """Tell whether a person has a right that the actor has not. Nobody outranks themselves."""
    return actor_id != user_id and not rights_of(actor_id).covers(rights_of(user_id, even_closed=True))


def refuse_outranked(*, actor_id: int, user_id: int, now: datetime) -> None:
    """Raise HasMoreRights for a person with more rights than the actor. Locks the rights."""
    lock_rights()
    if outranks(actor_id=actor_id, user_id=user_id):
        _refuse(HasMoreRights(), actor_id=actor_id, user_id=user_id, now=now)


def _refuse(refusal: Refused, *, actor_id: int, user_id: int | None = None, now: datetime) -> NoReturn:
    """Raise a refusal that the security log keeps: once an hour, for a page asks twice to tell it at its field."""
    once = f"{actor_id}:{user_id}:{refusal.code}"
    details = {"why": refusal.code}
    record(Kind.RIGHTS_REFUSED, now=now, user_id=user_id, actor_id=actor_id, details=details, once=once)
    raise refusal


def change_rights(
    *, user_id: int, wanted: Wanted, actor_id: int, now: datetime, asked_by_id: int | None = None
) -> bool:
    """Give a person the rights `wanted`, and take all others. Tell whether anything changed.

    Locks the person, then the rights; inside a transaction. The actor, and with a second person the one who asked as
    well, must have the right to give rights and each right that is given, and no fewer rights than the person had.
    Raises MayNotGive, RightNotHeld and HasMoreRights.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    lock_rights()
    before = Wanted.of(user)
    if before == wanted:
        return False
    groups = set(Group.objects.filter(pk__in=wanted.groups).values_list("pk", flat=True))
    had = rights_of(user_id, even_closed=True)
    named = _named(Q(group__in=groups) | Q(pk__in=wanted.permissions))
    given = Rights(named - had.held, has_all=wanted.is_superuser and not had.has_all)
    for giver_id in (actor_id, asked_by_id):
        if giver_id is not None:
            refusal = _refusal_to_give(given, had, giver_id=giver_id, user_id=user_id)
            if refusal is not None:
                _refuse(refusal, actor_id=giver_id, user_id=user_id, now=now)
    User.objects.filter(pk=user_id).update(is_staff=wanted.is_staff, is_superuser=wanted.is_superuser)
    user.groups.set(groups)
    user.user_permissions.set(Permission.objects.filter(pk__in=wanted.permissions))
    _tell(before, wanted, user_id=user_id, actor_id=actor_id, asked_by_id=asked_by_id, now=now)
    return True


def _refusal_to_give(given: Rights, had: Rights, *, giver_id: int, user_id: int) -> Refused | None:
    giver = rights_of(giver_id)
    if not giver.has_all and GIVE not in giver.held:
        return MayNotGive()
    if giver_id != user_id and not giver.covers(had):
        return HasMoreRights()
    return None if giver.covers(given) else RightNotHeld()


def _tell(
    before: Wanted, after: Wanted, *, user_id: int, actor_id: int, asked_by_id: int | None, now: datetime
) -> None:
    asked: dict[str, int] = {} if asked_by_id is None else {"asked_by": asked_by_id}
    if before.is_staff != after.is_staff:
        kind = Kind.STAFF_MADE if after.is_staff else Kind.STAFF_ENDED
        record(kind, now=now, user_id=user_id, actor_id=actor_id, details=asked)
    details: dict[str, int | list[int]] = {
        "superuser": after.is_superuser,
        "groups_given": sorted(after.groups - before.groups),
        "groups_taken": sorted(before.groups - after.groups),
        "permissions_given": sorted(after.permissions - before.permissions),
        "permissions_taken": sorted(before.permissions - after.permissions),
        **asked,
    }
    record(Kind.RIGHTS_CHANGED, now=now, user_id=user_id, actor_id=actor_id, details=details)


@transaction.atomic
def refuse_group(*, group: Group, permissions: Iterable[int] | None, actor_id: int, now: datetime) -> None:
    """Refuse a change of a merchant's own group, or with `permissions` None its deletion, that exceeds one's rights.

    The group's rights as stored, and those it shall have, must be the actor's. Locks the rights. Raises ReadyMade,
    HasMoreRights and RightNotHeld.
    """
    lock_rights()
    actor = rights_of(actor_id)
    if group.pk is not None:
        if Group.objects.filter(pk=group.pk, staff_role__isnull=False).exists():
            raise ReadyMade
        if not actor.covers(rights_of_group(group.pk)):
            _refuse(HasMoreRights(), actor_id=actor_id, now=now)
    if permissions is not None and not actor.covers(rights_of_permissions(permissions)):
        _refuse(RightNotHeld(), actor_id=actor_id, now=now)
