"""Personal data of people's own rows, their ways to sign in, and the administration's history of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.people.models import User
from common.personal_data import Person, Record, hold, records
from common.scrubbing import GONE, scrub_rows

PERSON = "person"
OWN = ("id", "email", "first_name", "last_name", "language", "date_joined", "last_login", "is_active", "is_staff")


def own_row(person: Person) -> Iterator[Record]:
    yield from records(User.objects.filter(pk=person.key), *OWN)
    yield from records(EmailAddress.objects.filter(user_id=person.key), "email", "verified", "primary")


def left_to_the_beginning(person: Person, now: datetime, limit: int) -> int:
    """Blank nothing: all this goes in the transaction that begins an erasure (`accounts.privacy.erase`)."""
    return 0


def factors(person: Person) -> Iterator[Record]:
    """Yield kind and days of each factor. Its secret opens the account, and is handed out to nobody."""
    yield from records(Authenticator.objects.filter(user_id=person.key), "type", "created_at", "last_used_at")


def _entries_about(person: Person) -> Any:
    kind = ContentType.objects.get_for_model(User)
    return LogEntry.objects.filter(content_type=kind, object_id=str(person.key))


def entries(person: Person) -> Iterator[Record]:
    yield from records(_entries_about(person).order_by("pk"), "action_time", "object_repr", "change_message")


def blank_entries(person: Person, now: datetime, limit: int) -> int:
    told = _entries_about(person).exclude(Q(object_repr=GONE) & Q(change_message=""))
    if count := LogEntry.objects.filter(pk__in=told.order_by("pk").values("pk")[:limit]).update(
        object_repr=GONE, change_message=""
    ):
        return count
    namesakes = [str(key) for key in person.namesakes]
    theirs = Q(content_type=ContentType.objects.get_for_model(User), object_id__in=namesakes)
    texts = ("object_repr", "change_message")
    return scrub_rows(LogEntry.objects.all(), *texts, person=person, limit=limit, theirs=theirs)


hold(
    PERSON,
    _("You"),
    columns={
        "accounts.user": ("email", "first_name", "last_name", "language", "password"),
        "account.emailaddress": ("email",),
    },
    describe=own_row,
    blank=left_to_the_beginning,
)
hold(
    "second factors",
    pgettext_lazy("personal data", "Your ways to sign in"),
    columns={"mfa.authenticator": ("type", "data")},
    describe=factors,
    blank=left_to_the_beginning,
)
hold(
    "administration",
    _("What staff changed about you"),
    columns={"admin.logentry": ("object_repr", "change_message")},
    describe=entries,
    blank=blank_entries,
)
