"""The one writer of tables: rows to CSV or XLSX, with cells that no spreadsheet program takes for a formula."""

from __future__ import annotations

import csv
import datetime
import io
import tempfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import IO

from common.languages import reader_language
from common.sheets.tables import SheetKind
from common.words import Text

# A text, perhaps lazy; a number or a day is written as one; None is a blank cell.
Cell = Text | int | Decimal | datetime.date | datetime.datetime | None
Cells = Sequence[Cell]


def write_sheet(kind: SheetKind, *, headings: Sequence[Text], rows: Iterable[Cells], title: str = "") -> IO[bytes]:
    """Write a row of headings and rows to a temporary file, read from its beginning; rows are taken one by one.

    Lazy texts and the separator of CSV are in the active language. `title` names the sheet of an XLSX file.
    """
    file = tempfile.TemporaryFile()
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text, delimiter=";" if reader_language() == "fr" else ",")
    for row in (headings, *rows):
        writer.writerow(["" if cell is None else str(cell) for cell in row])
    text.detach()
    file.seek(0)
    return file
