"""The one reader of tables: a file that was sent, or a text that was pasted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from django.core.files import File

from common.sheets import limits
from common.sheets.errors import (
    BlankSheet,
    DocumentWithTable,
    LockedWorkbook,
    OldWorkbook,
    PictureOfTable,
    SheetTooLarge,
    SheetTooLong,
    SheetTooWide,
    WorkbookWithMacros,
)
from common.sheets.harmless import as_typed
from common.sheets.limits import A_LIST, Most
from common.sheets.plain_text import rows_of_text, text_of
from common.sheets.tables import Row, Table
from common.sheets.workbooks import rows_of_workbook

_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURE = re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|II\*\0|MM\0\*|....ftyp(?:hei|mif|avi)", re.DOTALL)
_DOCUMENT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:%PDF-|\{\\rtf|<(?:!doctype|\?xml|html|table|svg))", re.IGNORECASE)


def read_upload(upload: File[bytes]) -> Table:
    """Read the table in a file sent by a browser. Raises SheetRefused."""
    if upload.size > limits.MAX_BYTES:
        raise SheetTooLarge
    return read_file(upload.read(limits.MAX_BYTES + 1), name=upload.name or "")


def read_file(content: bytes, *, name: str = "", most: Most = A_LIST) -> Table:
    """Read the table in a file: CSV, in any usual encoding, or XLSX, of which the first sheet with something in it.

    The kind is told by the content; `name` is the file's name, which tells of macros alone; `most` what a table of its
    kind may hold. Raises SheetRefused.
    """
    if len(content) > most.size:
        raise SheetTooLarge(most)
    if re.search(r"\.(?:xlsm|xltm|xlam|xlsb)$", name, re.IGNORECASE):
        raise WorkbookWithMacros
    if content.startswith(_ZIP):
        rows, left_out = rows_of_workbook(content, most)
        return _table(rows, left_out, most=most)
    if content.startswith(_OLD_OFFICE):
        raise LockedWorkbook if "EncryptedPackage".encode("utf-16-le") in content else OldWorkbook
    if _PICTURE.match(content):
        raise PictureOfTable
    if _DOCUMENT.match(content):
        raise DocumentWithTable
    return _table(rows_of_text(text_of(content), is_file=True), most=most)


def read_pasted(text: str) -> Table:
    """Read a table that was pasted or typed: rows on lines, with a tab, a semicolon or a comma between the cells.

    Raises SheetRefused.
    """
    if len(text) > limits.MAX_BYTES:
        raise SheetTooLarge
    return _table(rows_of_text(text, is_file=False))


def _table(found: Iterable[list[str]], left_out: tuple[str, ...] = (), *, most: Most = A_LIST) -> Table:
    rows = []
    for line, cells in enumerate(found, 1):
        if not any(map(str.strip, cells)):
            continue
        if any(map(str.strip, islice(cells, limits.MAX_COLUMNS, None))):
            raise SheetTooWide
        rows.append(Row(line, tuple(map(as_typed, cells[: limits.MAX_COLUMNS]))))
        if len(rows) > most.rows + 1:
            raise SheetTooLong(most)
    if not rows:
        raise BlankSheet
    return Table(tuple(rows), left_out)
