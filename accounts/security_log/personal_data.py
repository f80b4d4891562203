"""Security events of a person: keys and keyed hashes, no name and no address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.security_log.kinds import Kind
from accounts.security_log.models import SecurityEvent
from common.personal_data import Kept, Person, Record, Value, hold, records


def events(person: Person) -> Iterator[Record]:
    """Yield the events that concern the person, their kinds in words."""
    labels = dict(Kind.choices)
    for record in records(SecurityEvent.objects.filter(user_id=person.key).order_by("pk"), "at", "kind"):
        yield tuple(
            Value(name=each.name, label=each.label, value=str(labels.get(each.value, each.value)))
            if each.name == "kind"
            else each
            for each in record
        )


def no_row(person: Person, now: datetime, limit: int) -> int:
    """Blank nothing: the database changes no event, and none names anybody."""
    return 0


def kept_events(person: Person, now: datetime) -> Iterator[Kept]:
    days = settings.RETENTION["security_log"]
    yield Kept(
        what=str(_("Security events, under a number")),
        why=ngettext(
            "They tell of misuse without a name or an address, and are deleted after %(days)s day.",
            "They tell of misuse without a name or an address, and are deleted after %(days)s days.",
            days,
        )
        % {"days": days},
        count=SecurityEvent.objects.filter(user_id=person.key).count(),
    )


hold("security events", _("Security events"), columns={}, describe=events, blank=no_row, keeps=kept_events)
