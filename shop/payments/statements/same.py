"""Movements that a bank tells by two formats: by CAMT and by a table of the same bank account.

The two say a movement in different words. It is one and the same where day and amount are, and nothing that one of
them tells of the other party is missing in the other; two that contradict each other are two. Of the rest nobody can
know: they are told apart from new ones, and the merchant decides.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from common.search import normalise
from shop.payments.requests.reference import find_reference
from shop.payments.statements.models import StatementLine
from shop.payments.statements.party import Party
from shop.payments.statements.read import ReadLine

# Letters and digits that a party's name and text need together, to tell anything.
TELLING = 6
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{8,30}", re.ASCII)
_Key = tuple[date, Decimal, str]


@dataclass(frozen=True)
class Same:
    """Line that is known from another format, by its key; not sure where nobody can know."""

    line_id: int
    is_sure: bool


@dataclass
class OtherFormats:
    """Comparison of a file with the lines imported from the other format. A known line stands for one of the file."""

    file_format: str
    _taken: set[int] = field(default_factory=set)

    def among(self, lines: Sequence[tuple[str, ReadLine]]) -> dict[str, Same]:
        """Return the known lines of the other format, by the identity of the line that tells the same. One query."""
        known = self._known([line for _identity, line in lines])
        found: dict[str, Same] = {}
        for wanted in (True, None):
            for identity, line in lines:
                other = None if identity in found else self._first(line, known[_key(line)], wanted)
                if other is not None:
                    self._taken.add(other.pk)
                    found[identity] = Same(other.pk, is_sure=bool(wanted))
        return found

    def _first(self, line: ReadLine, known: Collection[StatementLine], wanted: bool | None) -> StatementLine | None:
        free = (other for other in known if other.pk not in self._taken)
        return next((other for other in free if tells_same(line, other) is wanted), None)

    def _known(self, lines: Sequence[ReadLine]) -> defaultdict[_Key, list[StatementLine]]:
        rows = StatementLine.objects.exclude(statement__file_format=self.file_format).filter(
            booked_on__in={line.booked_on for line in lines}, amount__in={line.amount for line in lines}
        )
        asked = {_key(line) for line in lines}
        known = defaultdict(list)
        for row in rows.order_by("pk"):
            if _key(row) in asked:
                known[_key(row)].append(row)
        return known


def tells_same(line: ReadLine, other: StatementLine) -> bool | None:
    """Tell whether two lines of one day and amount tell the same movement; None where nobody can know."""
    are_ibans = bool(_IBAN.fullmatch(line.account) and _IBAN.fullmatch(other.account))
    if line.account != other.account and are_ibans:
        return False
    agree = _agree(line.party, other.party)
    if line.bank_reference and line.bank_reference == other.bank_reference and agree is not False:
        agree = True
    # An account that is told by a name may be any.
    if line.account != other.account:
        return None if agree else False
    return agree


def _agree(one: Party, other: Party) -> bool | None:
    if one.iban and other.iban and one.iban != other.iban:
        return False
    numbers = set(find_reference(one.text)), set(find_reference(other.text))
    if all(numbers) and numbers[0].isdisjoint(numbers[1]):
        return False
    return True if _is_within(one, other) or _is_within(other, one) else None


def _is_within(one: Party, other: Party) -> bool:
    """Tell whether all that one line tells of its party stands in the other."""
    parts = [_bare(part) for part in (one.name, one.text)]
    whole = _bare(f"{other.name} {other.text}")
    return sum(map(len, parts)) >= TELLING and all(part in whole for part in parts)


def _bare(text: str) -> str:
    return re.sub(r"[^\w]|_", "", normalise(text))


def _key(line: ReadLine | StatementLine) -> _Key:
    return line.booked_on, line.amount, line.currency
