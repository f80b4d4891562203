"""Personal data in bank statements: names and accounts of those who paid, kept as long as the books."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.personal_data import Kept, Person, Record, hold, records
from common.scrubbing import keys_naming
from shop.payments.statements.models import StatementLine

TYPED = ("name", "iban", "text", "note")


def _keys(person: Person) -> list[int]:
    return list(keys_naming(StatementLine.objects.all(), "name", "text", "note", person=person))


def describe(person: Person) -> Iterator[Record]:
    yield from records(StatementLine.objects.filter(pk__in=_keys(person)).order_by("pk"), "booked_on", "amount", *TYPED)


def blank_nothing(person: Person, now: datetime, limit: int) -> int:
    return 0


def keeps(person: Person, now: datetime) -> Iterable[Kept]:
    yield Kept(
        what=_("Lines of bank statements"),
        why=_("They prove the books for ten years. Only accounting reads them; then they are blanked."),
        count=len(_keys(person)),
    )


hold(
    "statements",
    gettext_lazy("Payments of yours on the shop’s bank statements"),
    columns={"shop.statementline": TYPED},
    describe=describe,
    blank=blank_nothing,
    keeps=keeps,
)
