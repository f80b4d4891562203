"""Addresses to which one-time links were mailed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.links.models import AddressLink
from common.emails import erased_address
from common.personal_data import Person, Record, hold, records


def _links(person: Person) -> QuerySet[AddressLink]:
    """Return links to the person, not those to somebody else who has one of their old addresses by now."""
    typed = Q(email__in=person.emails, user__isnull=True)
    return AddressLink.objects.filter(Q(user_id=person.key) | typed)


def links(person: Person) -> Iterator[Record]:
    columns = ("purpose", "email", "account__name", "created_at", "expires_at", "used_at")
    yield from records(_links(person).order_by("pk"), *columns)


def blank_links(person: Person, now: datetime, limit: int) -> int:
    """Take the address, without which a link proves nothing and names nobody."""
    address = erased_address(person.key)
    first = _links(person).exclude(email=address).order_by("pk").values("pk")[:limit]
    return AddressLink.objects.filter(pk__in=first).update(email=address)


hold(
    "links",
    _("Links mailed to you"),
    columns={"accounts.addresslink": ("email",)},
    describe=links,
    blank=blank_links,
)
