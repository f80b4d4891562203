"""XLSX files for tests: whole ones, and others whose parts were changed by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import xlsxwriter

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
TYPES = "[Content_Types].xml"


def workbook(rows: Iterable[Sequence[Any]], **others: Iterable[Sequence[Any]]) -> bytes:
    """Write a workbook with a sheet of rows, and further sheets by name. Texts that look like formulas are formulas."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"remove_timezone": True, "default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        for name, cells in {"People": rows, **others}.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(cells):
                sheet.write_row(number, 0, row)
    return file.getvalue()


def changed(
    book: bytes,
    parts: dict[str, bytes | Callable[[bytes], bytes]],
    *,
    compression: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """Return a workbook with parts replaced, changed or added."""
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(copy, "w", compression) as new:
        contents = {name: old.read(name) for name in old.namelist()}
        for name, part in parts.items():
            contents[name] = part(contents[name]) if callable(part) else part
        for name, content in contents.items():
            new.writestr(name, content)
    return copy.getvalue()


def with_rows(xml: bytes) -> bytes:
    """Return a workbook whose rows are written as XML."""

    def replaced(sheet: bytes) -> bytes:
        before, _, rest = sheet.partition(b"<sheetData>")
        return before + b"<sheetData>" + xml + b"</sheetData>" + rest.partition(b"</sheetData>")[2]

    return changed(workbook([["x"]]), {SHEET: replaced})
