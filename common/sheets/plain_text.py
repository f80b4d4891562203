"""Tables as text: CSV, whatever its encoding and its separator, and rows pasted from a spreadsheet."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator

from common.sheets.errors import BrokenSheet, NotATable, OpenQuote, RowCutOff, UnreadableRows

_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f]")
_QUOTED = re.compile(r'"[^"]*"')
# A first line by which Excel is told the separator.
_TOLD = re.compile(r"sep=([;,\t])\r?\n?", re.IGNORECASE)
# Letters by which the separator is told.
_SAMPLE = 20_000


def text_of(content: bytes) -> str:
    """Decode the bytes of a text file: UTF-8, UTF-16 or Windows-1252. Raises NotATable, BrokenSheet."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decoded(content, "utf-16")
    if b"\0" in content:
        return _decoded(content, _utf16_without_mark(content))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # In the middle of the last letter, behind others that are UTF-8 indeed.
        if error.reason == "unexpected end of data" and not content[: error.start].isascii():
            raise BrokenSheet from error
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise NotATable from error


def _utf16_without_mark(content: bytes) -> str:
    """Return which UTF-16 a text is, by its null bytes: one in each Western letter. Raises NotATable."""
    if content.count(0) * 4 > len(content):
        if 0 not in content[0::2]:
            return "utf-16-le"
        if 0 not in content[1::2]:
            return "utf-16-be"
    raise NotATable


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise BrokenSheet from error


def rows_of_text(text: str, *, is_file: bool) -> Iterator[list[str]]:
    """Yield the rows of a text, blank ones too. Raises NotATable, UnreadableRows, OpenQuote, RowCutOff.

    A file whose last row is shorter than all others and has no end was cut off; a text that somebody typed may end so.
    """
    if _CONTROLS.search(text):
        raise NotATable if is_file else UnreadableRows
    text = text.removeprefix("\ufeff")
    if not text.strip(" \t\r\n;,"):
        return  # separators alone, of one kind or of several
    told = _TOLD.match(text)
    if told is not None:
        text = text[told.end() :]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=told[1] if told else _separator(text), strict=True)
    widths: set[int] = set()
    line, width = 0, 0
    try:
        for row in reader:
            line += 1
            if width:
                widths.add(width)
            width = len(row)
            yield row
    except csv.Error as error:
        raise OpenQuote(line + 1) from error
    if is_file and not text.endswith(("\n", "\r")) and len(widths) == 1 and width < min(widths):
        raise RowCutOff(line)


def _separator(text: str) -> str:
    """Return the sign between cells: that in most of the first rows; of several, the first of tab, semicolon, comma."""
    lines = _QUOTED.sub("", text[:_SAMPLE]).splitlines()
    return max("\t;,", key=lambda sign: sum(sign in line for line in lines))
