"""The one writer of tables: rows to CSV or XLSX, with cells that no spreadsheet program takes for a formula."""

from __future__ import annotations

import csv
import datetime
import io
import tempfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import chain
from typing import IO

from common.languages import reader_language
from common.moments import in_shop_zone
from common.sheets.harmless import harmless
from common.sheets.new_workbooks import write_workbook
from common.sheets.tables import Cell, Cells, SheetKind
from common.words import Text


def write_sheet(kind: SheetKind, *, headings: Sequence[Text], rows: Iterable[Cells], title: str = "") -> IO[bytes]:
    """Write a row of headings and rows to a temporary file, and return the file at its beginning. Rows are taken one by
    one, so that memory stays small however many there are.

    Lazy texts, and the separators of CSV, are in the active language. `title` names the sheet of an XLSX file.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115  returned open
    try:
        if kind == SheetKind.CSV:
            _write_csv(file, chain([headings], rows))
        else:
            write_workbook(file, headings=headings, rows=rows, title=title)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def tabbed(cells: Iterable[str]) -> str:
    """Return a row as text to paste into a form, where the reader reads it again: nothing is made harmless."""
    text = io.StringIO()
    csv.writer(text, delimiter="\t", lineterminator="").writerow([cell.replace("\0", "") for cell in cells])
    return text.getvalue()


def _write_csv(file: IO[bytes], rows: Iterable[Cells]) -> None:
    """Write rows as spreadsheet programs of the reader's language read them: in French, a number has a comma."""
    is_french = reader_language() == "fr"
    # The mark at the beginning tells Excel that the text is UTF-8.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text, delimiter=";" if is_french else ",")
    for row in rows:
        writer.writerow([_text(cell, point="," if is_french else ".") for cell in row])
    text.detach()


def _text(cell: Cell, *, point: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, Decimal):
        return f"{cell:f}".replace(".", point)
    if isinstance(cell, datetime.datetime):
        return f"{in_shop_zone(cell):%Y-%m-%d %H:%M}"
    return cell.isoformat() if isinstance(cell, datetime.date) else harmless(str(cell))
