"""Bank statements as tables: CSV or XLSX as banks export them, with columns of their own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from common.currencies import is_whole
from common.decimals import read_decimal
from common.sheets.limits import MEGABYTE, Most
from common.sheets.reading import read_file
from common.sheets.tables import Row
from common.words import in_words
from shop.payments.statements.read import ReadLine, StatementRefused

# Meanings of columns, in the order in which headings are looked at.
DAY, AMOUNT, DEBIT, CREDIT, TEXT, NAME, IBAN, REFERENCE = MEANINGS = (
    *("day", "amount", "debit", "credit", "text", "name", "iban", "reference"),
)
_HEADINGS = {
    DAY: r"date(?! (de )?valeur)|day|jour|booking date|buchung",
    AMOUNT: r"montant|amount|betrag|somme",
    DEBIT: r"d[ée]bit|sortie|paid out",
    CREDIT: r"cr[ée]dit|entr[ée]e|paid in",
    TEXT: r"libell|label|description|d[ée]tail|motif|communication|details|text",
    NAME: r"nom|name|tiers|contrepartie|counterparty|[ée]metteur|payer",
    IBAN: r"iban|compte (du )?tiers",
    REFERENCE: r"r[ée]f|reference|transaction id|num[ée]ro",
}
# A year of a shop with fifty payments a day.
MOST = Most(size=9 * MEGABYTE, rows=20_000, last_row=20_100)
_DAY = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})", re.ASCII)


class RowRefused(StatementRefused):
    """Refusal of a table of which one row cannot be read. `line` is its number."""

    def __init__(self, line: int, why: str) -> None:
        self.line = line
        super().__init__(
            in_words(lambda: _("Row %(line)d cannot be read: %(why)s Check the columns.") % {"line": line, "why": why})
        )


@dataclass(frozen=True)
class Columns:
    """Number of each column, from 0, by its meaning. `is_day_first` tells 01/02 as the first of February."""

    numbers: Mapping[str, int]
    is_day_first: bool = True

    @property
    def is_whole(self) -> bool:
        """Tell whether day and amount are known: all that a statement needs."""
        return DAY in self.numbers and (AMOUNT in self.numbers or {DEBIT, CREDIT} <= set(self.numbers))


def rows_of(content: bytes) -> Sequence[Row]:
    """Read the rows of a table from the one with its headings on: banks write their name and the account above it.
    Raises SheetRefused."""
    rows = read_file(content, most=MOST).rows
    known = [sum(bool(_meaning(cell)) for cell in row.cells) for row in rows[:20]]
    first = known.index(max(known)) if max(known) >= 2 else 0
    return rows[first:]


def headings_of(rows: Sequence[Row]) -> str:
    """Return a digest of the headings, by which a bank's tables are known again."""
    said = "\x1f".join(cell.strip().casefold() for cell in rows[0].cells)
    return hashlib.sha256(said.encode()).hexdigest()


def guess(rows: Sequence[Row]) -> Columns:
    """Guess the meaning of the columns by their headings, and the order of days by the dates."""
    numbers: dict[str, int] = {}
    for number, cell in enumerate(rows[0].cells):
        meaning = _meaning(cell)
        if meaning and meaning not in numbers:
            numbers[meaning] = number
    return Columns(numbers, is_day_first=_is_day_first(rows, numbers.get(DAY)))


def lines_of(rows: Sequence[Row], columns: Columns, *, account: str, currency: str) -> Iterator[ReadLine]:
    """Yield the lines of a table. Rows without a day and an amount, such as totals, are left out. Raises RowRefused."""
    for row in rows[1:]:
        cells = {
            meaning: " ".join(row.cells[number].split()) if number < len(row.cells) else ""
            for meaning, number in columns.numbers.items()
        }
        if not cells.get(DAY) or not any(cells.get(each) for each in (AMOUNT, DEBIT, CREDIT)):
            continue
        amount = _amount(cells, currency, row.line)
        if amount:
            yield ReadLine(
                account=account,
                booked_on=_day(cells[DAY], columns, row.line),
                amount=amount,
                currency=currency,
                bank_reference=cells.get(REFERENCE, "")[:100],
                name=cells.get(NAME, "")[:200],
                iban=cells.get(IBAN, "").replace(" ", "").upper()[:34],
                text=cells.get(TEXT, "")[:1000],
            )


def _amount(cells: Mapping[str, str], currency: str, line: int) -> Decimal:
    """Return the amount: of its column with its sign, or of credit less debit, whatever sign the debit is given."""
    told = [meaning for meaning in (AMOUNT, DEBIT, CREDIT) if cells.get(meaning)]
    read = {meaning: _read(cells[meaning], currency, line) for meaning in told}
    if AMOUNT in read:
        return read[AMOUNT]
    return abs(read.get(CREDIT, Decimal(0))) - abs(read.get(DEBIT, Decimal(0)))


def _read(typed: str, currency: str, line: int) -> Decimal:
    text = typed.strip()
    # `100,00-` and `(100,00)` are written for what left the account.
    if text.endswith("-"):
        text = f"-{text[:-1]}"
    elif text.startswith("(") and text.endswith(")"):
        text = f"-{text[1:-1]}"
    text = re.sub(r"^([+-])\s+", r"\1", text)
    try:
        amount = read_decimal(text, places=2)
    except ValidationError as error:
        raise RowRefused(line, " ".join(error.messages)) from error
    if abs(amount) >= 10**10 or not is_whole(amount, currency):
        raise RowRefused(line, _("“%(value)s” is no amount.") % {"value": typed[:40]})
    return amount


def _day(typed: str, columns: Columns, line: int) -> date:
    found = _DAY.match(typed)
    try:
        if found is None:
            raise ValueError(typed)
        one, two, three = map(int, found.groups())
        if len(found[1]) == 4:
            return date(one, two, three)
        year = three if len(found[3]) == 4 else 2000 + three
        return date(year, two, one) if columns.is_day_first else date(year, one, two)
    except ValueError as error:
        raise RowRefused(line, _("“%(value)s” is no date.") % {"value": typed[:40]}) from error


def _is_day_first(rows: Sequence[Row], number: int | None) -> bool:
    if number is None:
        return True
    for row in rows[1:]:
        found = _DAY.match(row.cells[number].strip()) if number < len(row.cells) else None
        if found is not None and len(found[1]) < 3 and int(found[2]) > 12:
            return False
    return True


def _meaning(heading: str) -> str:
    text = heading.strip().casefold()
    if not text or len(text) > 60:
        return ""
    return next((meaning for meaning in MEANINGS if re.search(rf"\b(?:{_HEADINGS[meaning]})", text)), "")
