"""Names and addresses of people as customer accounts typed them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.people.delegation.models import Delegation
from common.personal_data import Person, Record, hold, records


def typed_by_accounts(person: Person) -> Iterator[Record]:
    rows = Delegation.objects.filter(person_id=person.key).order_by("pk")
    yield from records(rows, "account__name", "email", "first_name", "last_name", "team__name", "created_at")


def delete_delegations(person: Person, now: datetime, limit: int) -> int:
    """Delete them, as detaching does: seats and history stay, and name nobody."""
    first = Delegation.objects.filter(person_id=person.key).order_by("pk").values("pk")[:limit]
    return Delegation.objects.filter(pk__in=first).delete()[0]


hold(
    "delegations",
    _("What customer accounts wrote about you"),
    columns={"accounts.delegation": ("email", "first_name", "last_name")},
    describe=typed_by_accounts,
    blank=delete_delegations,
)
