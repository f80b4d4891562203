"""French journal in the layout of the FEC (livre des procédures fiscales, article A47 A-1): 18 columns, by tabs.

It holds what was sold here and its money, not the company's other books: it is no whole FEC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from string import ascii_uppercase

from anyascii import anyascii

from billing.closures.models import Closure
from billing.journal.chart import Chart
from billing.journal.entries import IN_FRENCH, JournalLine
from billing.ledger.models import OF_CUSTOMERS
from common.currencies import from_minor_units
from common.moments import local_day
from common.sheets.harmless import harmless

# One of the encodings of the article, which has the letters of French.
ENCODING = "iso8859-15"
COLUMNS = (
    *("JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib"),
    *("PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate"),
    *("Montantdevise", "Idevise"),
)
# Lines whose customers and papers are asked for together.
TOGETHER = 1_000


@dataclass(frozen=True)
class Piece:
    """Paper that proves an entry: its number and day."""

    number: str
    day: date


@dataclass(frozen=True)
class Named:
    """Names for lines of the journal, by what the ledger holds of them. `customers`: number and name, by account;
    `pieces` and `labels` by entry."""

    customers: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    pieces: Mapping[int, Piece] = field(default_factory=dict)
    labels: Mapping[int, str] = field(default_factory=dict)


# Asked of the floors above, which know customers and documents.
Naming = Callable[[Sequence[JournalLine]], Named]


def fec_rows(
    lines: Iterable[JournalLine], *, naming: Naming, currency: str, closed: Mapping[date, date]
) -> Iterator[list[str]]:
    """Yield the rows of the journal without the heading. `closed` is the day on which each closed day was closed: its
    entries are valid since then, those of open days are not yet."""
    chart, left = Chart.read(), iter(lines)
    while together := list(islice(left, TOGETHER)):
        named = naming(together)
        for line in together:
            yield _row(line, named, chart, currency=currency, closed=closed)


def _row(line: JournalLine, named: Named, chart: Chart, *, currency: str, closed: Mapping[date, date]) -> list[str]:
    account = chart.of(line.account, line.part)
    is_of_customer = line.account in OF_CUSTOMERS and line.customer_id is not None
    customer = named.customers.get(line.customer_id or 0, (str(line.customer_id),) * 2) if is_of_customer else ("", "")
    piece = named.pieces.get(line.entry_id) or Piece(line.fact, local_day(line.at))
    return [
        *(line.journal.value, IN_FRENCH[line.journal], str(line.number), written_day(line.day)),
        *(account.number, plain(account.label), customer[0], plain(customer[1])),
        *(plain(piece.number), written_day(piece.day), plain(named.labels.get(line.entry_id, "") or line.fact)),
        *(_amount(max(line.amount, 0), currency), _amount(max(-line.amount, 0), currency)),
        *(_letter(line), written_day(line.settled_on), written_day(closed.get(line.day)), "", ""),
    ]


def _letter(line: JournalLine) -> str:
    """Return the letter of a line whose order is settled on its account: of the order, so that all of its lines have
    the same one in every export; "" for others."""
    return letter(line.order_id) if line.settled_on and line.order_id is not None else ""


def letter(key: int) -> str:
    """Return a key in capitals, three at least, as accountants mark lines that belong together: AAB for 1."""
    letters = ""
    while key:
        key, place = divmod(key, len(ascii_uppercase))
        letters = ascii_uppercase[place] + letters
    return letters.rjust(3, ascii_uppercase[0])


def written_day(day: date | None) -> str:
    return f"{day:%Y%m%d}" if day else ""


def _amount(units: int, currency: str) -> str:
    return f"{from_minor_units(units, currency):f}".replace(".", ",")


def plain(text: str) -> str:
    """Return a text as a cell holds it: on one line, without separators, in letters that the encoding has, and no
    formula."""
    line = " ".join(harmless(text).replace("|", " ").split())
    return "".join(sign if _is_encodable(sign) else anyascii(sign) for sign in line)


def _is_encodable(sign: str) -> bool:
    try:
        sign.encode(ENCODING)
    except UnicodeEncodeError:
        return False
    return True


def closed_days(*, starts: date, ends: date) -> dict[date, date]:
    """Return the closed days of a period, each with the day on which it was closed. One query."""
    days = Closure.objects.filter(kind=Closure.Kind.DAY, ends_on__range=(starts, ends))
    return {day: local_day(at) for day, at in days.values_list("ends_on", "closed_at")}


def file_name(siren: str, ends: date) -> str:
    """Return the name that the article asks for: SIREN, FEC, and the closing day."""
    return f"{siren}FEC{written_day(ends)}.txt"
