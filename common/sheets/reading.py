"""The one reader of tables: a file that was sent, or a text that was pasted."""

from __future__ import annotations

import csv
import io

from django.core.files import File

from common.sheets import limits
from common.sheets.errors import BlankSheet, BrokenSheet, SheetTooLarge, SheetTooLong
from common.sheets.tables import Row, Table


def read_upload(upload: File[bytes]) -> Table:
    """Read the table in a file sent by a browser. Raises SheetRefused."""
    if upload.size > limits.MAX_BYTES:
        raise SheetTooLarge
    return read_file(upload.read(limits.MAX_BYTES + 1), name=upload.name or "")


def read_file(content: bytes, *, name: str = "") -> Table:
    """Read the table in a file: CSV, in any usual encoding, or XLSX. `name` is its name, for refusals.

    Raises SheetRefused.
    """
    if len(content) > limits.MAX_BYTES:
        raise SheetTooLarge
    return read_pasted(content.decode("utf-8-sig"))


def read_pasted(text: str) -> Table:
    """Read a table that was pasted or typed: rows on lines, with a tab, a semicolon or a comma between the cells.

    Raises SheetRefused.
    """
    delimiter = next((sign for sign in "\t;" if sign in text), ",")
    try:
        read = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise BrokenSheet from error
    rows = tuple(Row(line, tuple(cells)) for line, cells in enumerate(read, 1) if any(cell.strip() for cell in cells))
    if not rows:
        raise BlankSheet
    if len(rows) > limits.MAX_ROWS + 1:
        raise SheetTooLong
    return Table(rows)
