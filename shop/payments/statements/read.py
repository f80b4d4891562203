"""Values that a bank's file tells, whatever its format, and the refusals of files."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.refusals import Refused
from common.words import in_words
from shop.payments.statements.party import Party


@dataclass(frozen=True)
class ReadLine:
    """Booked line. `amount` is below zero for money that left the account."""

    account: str
    booked_on: date
    amount: Decimal
    currency: str
    bank_reference: str = ""
    name: str = ""
    iban: str = ""
    text: str = ""
    is_reversal: bool = False

    @property
    def party(self) -> Party:
        return Party(self.name, self.iban, self.text)


@dataclass
class Balance:
    """Balances of one statement in a file; None for one that the file does not tell."""

    account: str
    currency: str
    number: str = ""
    opening: Decimal | None = None
    closing: Decimal | None = None
    moved: Decimal = field(default_factory=Decimal)

    @property
    def difference(self) -> Decimal | None:
        if self.opening is None or self.closing is None:
            return None
        return self.closing - self.opening - self.moved


class StatementRefused(Refused):
    """Refusal of a file as a bank statement. Nothing was kept of it."""

    field = "file"


class StatementUnreadable(StatementRefused):
    """Refusal of a file that is no CAMT.053, or damaged."""

    message = gettext_lazy(
        "This file is no bank statement (CAMT.053 or a table), or it is damaged. Download it from the bank again."
    )


class StatementTooLarge(StatementRefused):
    """Refusal of a file that holds more than a statement needs."""

    message = gettext_lazy("This file holds more than a bank statement needs. Download a shorter period from the bank.")


class StatementWithoutLines(StatementRefused):
    """Refusal of a file without a booked line."""

    message = gettext_lazy("There is no booked line in this file.")


class AmountTooFine(StatementRefused):
    """Refusal of a file with an amount that the currency's coins do not make."""

    def __init__(self, amount: Decimal, currency: str) -> None:
        said = {"amount": f"{amount} {currency}"}
        super().__init__(
            in_words(lambda: _("No account holds %(amount)s: the currency has no such coins. Look at the file.") % said)
        )


class StatementKnown(StatementRefused):
    """Refusal of a file that was imported before."""

    message = gettext_lazy("This file was imported already.")


def with_identity(lines: Iterable[ReadLine]) -> Iterator[tuple[str, ReadLine]]:
    """Yield the lines, each with its identity: the bank's reference, or what the line says, and how many lines before
    it on that day say so too."""
    seen: Counter[str] = Counter()
    for line in lines:
        said = [line.account, line.booked_on.isoformat(), f"{line.amount:.2f}", line.currency]
        said += (
            [line.bank_reference] if line.bank_reference else ["", line.name, line.iban, " ".join(line.text.split())]
        )
        base = "\x1f".join(said)
        seen[base] += 1
        yield hashlib.sha256(f"{base}\x1f{seen[base]}".encode()).hexdigest(), line
