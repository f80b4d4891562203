"""Requests for erasure: asked for, withdrawn, refused. Carrying one out is in `erase.py`."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.people.models import User
from accounts.privacy.errors import ErasedAlready, ErasureAsked, ErasureDecided, ReasonMissing, StaffNotErased
from accounts.privacy.mails import tell_person
from accounts.privacy.models import MAX_REASON, ErasureRequest
from accounts.security_log.kinds import Kind
from accounts.security_log.services import record

State = ErasureRequest.State


def open_request_of(user: User) -> ErasureRequest | None:
    """Return the request of a person that is not decided yet."""
    return ErasureRequest.objects.filter(person=user, state=State.OPEN).first()


def last_refusal_of(user: User) -> ErasureRequest | None:
    """Return the refusal of the last request of a person; None where that was not refused."""
    last = ErasureRequest.objects.filter(person=user).order_by("-pk").first()
    return last if last is not None and last.state == State.REFUSED else None


def ask_for_erasure(*, person: User, asked_by: User, now: datetime) -> ErasureRequest:
    """Record that a person asks to be erased, and mail them; `asked_by` is the person, or staff whom they wrote to.

    Raises ErasureAsked, ErasedAlready, and StaffNotErased for somebody of the administration.
    """
    if person.is_erased:
        raise ErasedAlready
    if person.is_staff or person.is_superuser:
        raise StaffNotErased
    with transaction.atomic():
        try:
            with transaction.atomic():
                asked = ErasureRequest.objects.create(person=person, asked_by=asked_by, asked_at=now)
        except IntegrityError as error:
            if ErasureRequest.objects.filter(person=person, state__in=(State.OPEN, State.RUNNING)).exists():
                raise ErasureAsked from error
            raise
        tell_person(asked, person, event="asked", now=now)
        _note(Kind.ERASURE_ASKED, asked, actor=asked_by, now=now)
    return asked


def withdraw_erasure(*, person: User, now: datetime) -> None:
    """Withdraw a person's open request. Raises ErasureDecided where there is none any more."""
    with transaction.atomic():
        asked = open_request_of(person)
        if asked is None:
            raise ErasureDecided
        decide(asked, State.WITHDRAWN, decided_at=now)
        _note(Kind.ERASURE_WITHDRAWN, asked, actor=person, now=now)


def refuse_erasure(*, request_id: int, actor: User, reason: str, now: datetime) -> None:
    """Refuse a request, and mail the person the reason. Raises ReasonMissing, ErasureDecided, and
    ErasureRequest.DoesNotExist."""
    reason = reason.strip()[:MAX_REASON]
    if not reason:
        raise ReasonMissing
    with transaction.atomic():
        asked = ErasureRequest.objects.select_related("person").get(pk=request_id)
        decide(asked, State.REFUSED, decided_by=actor, decided_at=now, reason=reason)
        tell_person(asked, asked.person, event="refused", reason=reason, now=now)
        _note(Kind.ERASURE_REFUSED, asked, actor=actor, now=now)


def decide(asked: ErasureRequest, state: str, **changes: object) -> None:
    """Move an open request, by a conditional update. Raises ErasureDecided."""
    if ErasureRequest.objects.filter(pk=asked.pk, state=State.OPEN).update(state=state, **changes) != 1:
        raise ErasureDecided


def _note(kind: Kind, asked: ErasureRequest, *, actor: User, now: datetime) -> None:
    record(kind, now=now, user_id=asked.person_id, actor_id=actor.pk, details={"row": asked.pk})
