"""Mails to a person, and mails to others that name them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.emails import erased_address
from common.personal_data import Person, Record, hold, records
from common.scrubbing import scrub_rows
from outbox.mails.forgetting import forget_texts
from outbox.mails.models import Mail, MailQuerySet
from outbox.mails.recalling import recall_mails

# A mail to the person that has not left by then does not leave any more.
LATEST = timedelta(days=3)


def _mails(person: Person) -> MailQuerySet:
    """Return mails to the person, not those to somebody else who has one of their old addresses by now."""
    to_them = Q(recipient__in=person.emails) & (Q(person_id=person.key) | Q(person_id__isnull=True))
    return Mail.objects.filter(to_them | Q(person_id=person.key, recipient=erased_address(person.key)))


def mails(person: Person) -> Iterator[Record]:
    yield from records(_mails(person).order_by("pk"), "created_at", "recipient", "subject", "state", "sent_at")


def blank_mails(person: Person, now: datetime, limit: int) -> int:
    """Take address and text of the mails to the person that have left, and the name out of those to others."""
    for late in _mails(person).queued().filter(created_at__lt=now - LATEST).values_list("recipient", flat=True)[:1]:
        if count := recall_mails(recipient=late):
            return count
    address = erased_address(person.key)
    left = _mails(person).exclude(state=Mail.State.QUEUED).exclude(recipient=address).order_by("pk")
    if count := forget_texts(list(left.values_list("pk", flat=True)[:limit]), recipient=address):
        return count
    others = Mail.objects.exclude(pk__in=_mails(person).queued().values("pk"))
    theirs = Q(person_id__in=person.namesakes) | Q(recipient__in=person.their_emails)
    texts = ("context", "subject", "failed_reason")
    return scrub_rows(others, *texts, person=person, limit=limit, theirs=theirs)


def has_waiting_mails(person: Person) -> bool:
    return _mails(person).queued().exists()


hold(
    "mails",
    _("Mails to you"),
    columns={"outbox.mail": ("recipient", "context", "subject", "failed_reason", "secret")},
    describe=mails,
    blank=blank_mails,
    waits=has_waiting_mails,
)
