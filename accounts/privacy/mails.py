"""The mail that tells a person what becomes of their request for erasure."""

from __future__ import annotations

from datetime import datetime

from accounts.people.models import User
from accounts.privacy.models import ErasureRequest
from outbox.mails.services import queue_mail

KIND = "erasure"


def tell_person(asked: ErasureRequest, person: User, *, event: str, now: datetime, reason: str = "") -> None:
    """Queue the mail of an event: `asked`, `refused` with the reason, or `begun`, after which the address is gone."""
    queue_mail(
        kind=KIND,
        key=f"{KIND}:{asked.pk}:{event}",
        recipient=person.email,
        language=person.language,
        context={"event": event, "at": now, "reason": reason},
        person_id=person.pk,
    )
