"""Cells of XLSX files, as one would type them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from common.sheets import limits
from common.sheets.archives import safe_copy
from common.sheets.errors import BlankSheet, BrokenSheet, SheetRefused
from common.sheets.limits import Most

Value = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta


def rows_of_workbook(content: bytes, most: Most) -> tuple[list[list[str]], tuple[str, ...]]:
    """Return the rows of the first visible sheet with something in it, blank rows too, and the names of further such
    sheets. Raises SheetRefused."""
    copy = safe_copy(content, most)
    try:
        with CalamineWorkbook.from_filelike(copy) as workbook:
            return _first_filled(workbook)
    except SheetRefused:
        raise
    except Exception as error:
        raise BrokenSheet from error
    except BaseException as error:
        # A fault of the library's own, which derives from no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise BrokenSheet from error


def _first_filled(workbook: CalamineWorkbook) -> tuple[list[list[str]], tuple[str, ...]]:
    rows: list[list[str]] | None = None
    left_out = []
    for looked_at, name in enumerate(_visible(workbook)):
        if looked_at >= limits.MAX_SHEETS:
            left_out.append(name)
            continue
        sheet = workbook.get_sheet_by_name(name)
        if sheet.end is None:
            continue
        if rows is None:
            rows = list(_rows(sheet))
        else:
            left_out.append(name)
    if rows is None:
        raise BlankSheet
    return rows, tuple(left_out)


def _visible(workbook: CalamineWorkbook) -> Iterator[str]:
    for sheet in workbook.sheets_metadata:
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible:
            yield sheet.name


def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    for row in sheet.to_python(skip_empty_area=False):
        yield [text_of_value(value) for value in row]


def text_of_value(value: Value) -> str:
    """Return the value of a cell as one would type it: 75001, 0.5, 2026-03-02, 2026-03-02 10:00, 10:00."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        # A spreadsheet program counts and shows fifteen digits.
        return format(Decimal(f"{value:.15g}"), "f")
    if isinstance(value, datetime.timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60}:{minutes % 60:02}"
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d}" if value.time() == datetime.time.min else f"{value:%Y-%m-%d} {_clock(value.time())}"
    return _clock(value) if isinstance(value, datetime.time) else value.isoformat()


def _clock(time: datetime.time) -> str:
    return time.isoformat("seconds" if time.second else "minutes")
