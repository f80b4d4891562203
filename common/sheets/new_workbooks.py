"""XLSX files, written row by row."""

from __future__ import annotations

import datetime
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain, count, islice
from typing import IO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from common.moments import in_shop_zone, local_day
from common.sheets.harmless import harmless
from common.sheets.tables import Cell, Cells
from common.words import Text

# A sheet and a cell hold no more: the library leaves out the rest without a word.
MOST_ROWS = 1_048_576
MOST_LETTERS = 32_767
# Digits that a spreadsheet program keeps of a number: a longer one is written as text.
MOST_DIGITS = 15
# Excel counts days from 1900, and takes that year for a leap year.
FIRST_DAY = datetime.date(1900, 3, 1)
_WIDTH = 22


def write_workbook(file: IO[bytes], *, headings: Sequence[Text], rows: Iterable[Cells], title: str) -> None:
    """Write rows into sheets of a workbook, as many as are needed, each below the headings. Raises what `rows` raises,
    and leaves nothing on the disk then."""
    with tempfile.TemporaryDirectory() as folder:
        workbook = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": folder})
        bold, day, moment = (
            workbook.add_format(each) for each in ({"bold": True}, {"num_format": 14}, {"num_format": 22})
        )
        left = iter(rows)
        for name in _names(title):
            sheet = workbook.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, max(len(headings) - 1, 0), _WIDTH)
            for column, heading in enumerate(headings):
                sheet.write_string(0, column, _fitting(heading), bold)
            for number, row in enumerate(islice(left, MOST_ROWS - 1), 1):
                _write_row(sheet, number, row, day=day, moment=moment)
            following = next(left, None)
            if following is None:
                break
            left = chain([following], left)
        workbook.close()


def _names(title: str) -> Iterator[str]:
    """Yield names of sheets: the title without signs that a name may not have, then with numbers."""
    name = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title)[:25].strip(" '") or "1"
    yield name
    yield from (f"{name} {number}" for number in count(2))


def _write_row(sheet: Worksheet, number: int, row: Cells, *, day: Format, moment: Format) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, int | Decimal) and _is_exact(cell):
            sheet.write_number(number, column, cell)
        elif isinstance(cell, datetime.datetime) and local_day(cell) >= FIRST_DAY:
            sheet.write_datetime(number, column, in_shop_zone(cell).replace(tzinfo=None), moment)
        elif isinstance(cell, datetime.date) and not isinstance(cell, datetime.datetime) and cell >= FIRST_DAY:
            sheet.write_datetime(number, column, cell, day)
        elif cell is not None:
            sheet.write_string(number, column, _fitting(cell))


def _is_exact(number: int | Decimal) -> bool:
    """Tell whether a number keeps all of its digits in a spreadsheet program."""
    decimal = Decimal(number)
    return decimal.is_finite() and len(decimal.normalize().as_tuple().digits) <= MOST_DIGITS


def _fitting(cell: Cell) -> str:
    return harmless(str(cell))[:MOST_LETTERS]
