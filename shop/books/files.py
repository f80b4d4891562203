"""Files of exports: each kind by its table, or as the French journal."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Generic, TypeVar

from billing.journal.entries import journal_lines
from billing.journal.fec import COLUMNS, ENCODING, closed_days, fec_rows, file_name
from common.register_numbers import SIREN_LENGTH, is_siret
from common.sheets.tables import SheetKind
from common.sheets.writing import write_sheet
from shop.books.kinds import TABLES
from shop.books.models import BookExport
from shop.books.names import naming
from shop.seller.models import ShopIdentity

R = TypeVar("R")


@dataclass
class Written:
    """A file at its beginning, its name, and the number of its rows without headings."""

    file: IO[bytes]
    name: str
    rows: int


class _Counted(Generic[R]):
    """Rows that count themselves as they are taken."""

    def __init__(self, rows: Iterable[R]) -> None:
        self._rows, self.count = rows, 0

    def __iter__(self) -> Iterator[R]:
        for row in self._rows:
            self.count += 1
            yield row


def write(export: BookExport) -> Written:
    """Write the file of an export in the active language. Rows are read chunk by chunk, in a transaction."""
    if export.kind == BookExport.Kind.FEC:
        return _fec(export)
    table = TABLES[export.kind]
    rows = _Counted(table.rows(export))
    title = str(BookExport.Kind(export.kind).label)
    file = write_sheet(SheetKind(export.form), headings=table.headings, rows=rows, title=title)
    days = f"{export.starts_on:%Y%m%d}-{export.ends_on:%Y%m%d}"
    return Written(file, f"{export.kind}-{days}.{export.form}", rows.count)


def _fec(export: BookExport) -> Written:
    period = {"starts": export.starts_on, "ends": export.ends_on}
    lines = journal_lines(**period, currency=export.currency)
    closed = closed_days(**period)
    rows = _Counted(fec_rows(lines, naming=naming, currency=export.currency, closed=closed))
    file = tempfile.TemporaryFile()  # noqa: SIM115  returned open
    text = io.TextIOWrapper(file, encoding=ENCODING, newline="")
    try:
        text.write("\t".join(COLUMNS) + "\r\n")
        for row in rows:
            text.write("\t".join(row) + "\r\n")
    except BaseException:
        text.close()
        raise
    text.detach()
    file.seek(0)
    return Written(file, file_name(siren_of_seller(), export.ends_on), rows.count)


def siren_of_seller() -> str:
    """Return the SIREN in the seller's SIRET, "" while that is unknown."""
    siret = "".join(ShopIdentity.current().siret.split())
    return siret[:SIREN_LENGTH] if is_siret(siret, country="FR") else ""
