"""Doing an act alone, or keeping it for a second person who approves or declines it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from accounts.second_person.acts import ACTS, Act, Doing, Values
from accounts.second_person.models import ActAlone, Approval
from accounts.security_log.kinds import Kind
from accounts.security_log.services import record
from common.again import again_after_deadlock
from common.refusals import Refused

State = Approval.State
# Acts of one person within it count together: parts of a sum are worth as much as the sum.
DAY = timedelta(days=1)


class AskedAlready(Refused):
    """Refusal of a second request for an act on the same thing."""

    message = _("This waits for a second person already. It can be asked for again once that is decided.")


class SamePerson(Refused):
    """Refusal because the person who asked cannot be the second one."""

    message = _("You asked for this yourself: somebody else must approve it.")


class DecidedAlready(Refused):
    """Refusal because the request was decided meanwhile."""

    message = _("This was decided meanwhile. Nothing was changed.")


class MayNotDecide(Refused):
    """Refusal because the actor may not do the act, or the one who asked may not any more."""

    message = _("Both people must be allowed to do this. Nothing was changed.")


class Kept(Exception):
    """Inside `do_or_ask` alone: undoes the trial of an act that is kept for a second person."""


@again_after_deadlock
def do_or_ask(*, kind: str, about: str, values: Values, actor: User, now: datetime) -> tuple[Any, Approval | None]:
    """Do an act, or keep it for a second person where the shop wants one. Return its result, and the request kept.

    The act is done in a transaction, and undone if its result asks for a second person: so what cannot be done is
    refused at once, to the person who can mend it. Locks the person's acts of this kind (an advisory lock, so that two
    at once are both counted), then what the act locks. Raises what the act raises, and AskedAlready.
    """
    act = ACTS.get(kind)
    result: Any = None
    try:
        with transaction.atomic():
            limit = act.measure.limit() if act.measure else None
            if limit is not None:
                _lock_acts(kind, actor)
            result = act.perform(values, Doing(actor, None, now))
            if act.asks(result, values) or (limit is not None and _is_beyond(limit, act, result, values, actor, now)):
                raise Kept
    except Kept:
        return result, _ask(kind=kind, about=about, values=values, actor=actor, now=now)
    return result, None


def _is_beyond(limit: Decimal, act: Act, result: Any, values: Values, actor: User, now: datetime) -> bool:
    """Tell whether an act exceeds the limit together with what the person did of its kind within a day; else count it.

    Acts that two people did do not count.
    """
    assert act.measure is not None
    worth = act.measure.worth(result, values)
    lately = ActAlone.objects.filter(actor=actor, kind=act.kind, at__gt=now - DAY).aggregate(worth=Sum("worth"))
    if worth + (lately["worth"] or 0) > limit:
        return True
    if worth > 0:
        ActAlone.objects.create(kind=act.kind, worth=worth, actor=actor, at=now)
    return False


def _lock_acts(kind: str, actor: User) -> None:
    with connection.cursor() as cursor:
        name = f"accounts.acts:{kind}:{actor.pk}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


@transaction.atomic
def _ask(*, kind: str, about: str, values: Values, actor: User, now: datetime) -> Approval:
    try:
        with transaction.atomic():
            found = Approval.objects.create(kind=kind, about=about, values=dict(values), asked_by=actor, asked_at=now)
    except IntegrityError as error:
        if Approval.objects.filter(kind=kind, about=about, state=State.OPEN).exists():
            raise AskedAlready from error
        raise
    record(Kind.APPROVAL_ASKED, now=now, actor_id=actor.pk, details={"act": kind, "approval": found.pk})
    return found


@again_after_deadlock
@transaction.atomic
def approve(*, approval_id: int, actor: User, now: datetime) -> Any:
    """Do an act that somebody else asked for, as the actor's own. Return its result.

    Locks the request, then what the act locks. Raises SamePerson, DecidedAlready, MayNotDecide, Approval.DoesNotExist
    and what the act raises: the request then stays open.
    """
    approval = _locked(approval_id)
    if approval.asked_by_id == actor.pk:
        raise SamePerson
    act = ACTS.get(approval.kind)
    asked_by = User.objects.get(pk=approval.asked_by_id)
    if not (_may(actor, act.permission) and _may(asked_by, act.permission)):
        raise MayNotDecide
    result = act.perform(approval.values, Doing(actor, asked_by, now))
    _decide(approval, State.APPROVED, actor=actor, now=now)
    return result


@transaction.atomic
def decline(*, approval_id: int, actor: User, now: datetime) -> None:
    """Decline an act; whoever asked for it takes it back so. Locks the request.

    Raises DecidedAlready, MayNotDecide and Approval.DoesNotExist.
    """
    approval = _locked(approval_id)
    if approval.asked_by_id != actor.pk and not _may(actor, ACTS.get(approval.kind).permission):
        raise MayNotDecide
    _decide(approval, State.DECLINED, actor=actor, now=now)


def _locked(approval_id: int) -> Approval:
    approval = Approval.objects.select_for_update(no_key=True).get(pk=approval_id)
    if approval.state != State.OPEN:
        raise DecidedAlready
    return approval


def _may(user: User, permission: str) -> bool:
    """Read a person's right anew: it may have been taken since they signed in."""
    return User.objects.get(pk=user.pk).has_perm(permission)


def _decide(approval: Approval, state: Approval.State, *, actor: User, now: datetime) -> None:
    Approval.objects.filter(pk=approval.pk).update(state=state, decided_by=actor, decided_at=now)
    kind = Kind.APPROVAL_GIVEN if state == State.APPROVED else Kind.APPROVAL_REFUSED
    details: dict[str, str | int] = {"act": approval.kind, "approval": approval.pk}
    record(kind, now=now, user_id=approval.asked_by_id, actor_id=actor.pk, details=details)
