"""Personal data in bank statements: names and accounts of those who paid, kept as long as the books."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from common.personal_data import Kept, Person, Record, Value, hold
from common.scrubbing import scrubbed
from shop.payments.statements.models import StatementLine

COLUMNS = ("secret", "note")
_READ_AT_ONCE = 500


def _lines(person: Person) -> Iterator[StatementLine]:
    """Yield the lines that name a person. Reads all of them: what is encrypted no query can search."""
    for line in StatementLine.objects.order_by("pk").iterator(_READ_AT_ONCE):
        told = [line.party.name, line.party.text, line.note]
        if scrubbed(told, person) != told:
            yield line


def describe(person: Person) -> Iterator[Record]:
    for line in _lines(person):
        told = {
            "booked_on": (_("Day"), line.booked_on),
            "amount": (_("Amount"), line.amount),
            "name": (pgettext("of a payer", "name"), line.party.name),
            "iban": (_("IBAN"), line.party.iban),
            "text": (_("Text"), line.party.text),
            "note": (_("Reason"), line.note),
        }
        yield tuple(Value(name=name, label=label, value=value) for name, (label, value) in told.items() if value)


def blank_nothing(person: Person, now: datetime, limit: int) -> int:
    return 0


def keeps(person: Person, now: datetime) -> Iterable[Kept]:
    yield Kept(
        what=_("Lines of bank statements"),
        why=_("They prove the books for ten years. Only accounting reads them; then they are blanked."),
        count=sum(1 for _line in _lines(person)),
    )


hold(
    "statements",
    gettext_lazy("Payments of yours on the shop’s bank statements"),
    columns={"shop.statementline": COLUMNS},
    describe=describe,
    blank=blank_nothing,
    keeps=keeps,
)
