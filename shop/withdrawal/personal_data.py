"""Names and addresses in withdrawals: blanked with the erasure of their person, or of the customer of the order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.personal_data import Person, Record, hold, records
from shop.withdrawal.models import Withdrawal

COLUMNS = ("name", "answer_to")


def _of(person: Person) -> QuerySet[Withdrawal]:
    theirs = Q(answer_to__in=person.emails) | Q(order__buyer=person.key) | Q(order__contact_email__in=person.emails)
    return Withdrawal.objects.filter(theirs).exclude(name="", answer_to="")


def describe(person: Person) -> Iterator[Record]:
    return records(_of(person).order_by("pk"), "order__number", *COLUMNS, "received_at")


def blank(person: Person, now: datetime, limit: int) -> int:
    keys = list(_of(person).order_by("pk").values_list("pk", flat=True)[:limit])
    return Withdrawal.objects.filter(pk__in=keys).update(**dict.fromkeys(COLUMNS, ""))


hold(
    "withdrawals",
    _("Withdrawals from contracts"),
    columns={"shop.withdrawal": COLUMNS},
    describe=describe,
    blank=blank,
)
