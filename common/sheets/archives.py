"""XLSX files as archives, made safe to open: no more is inflated, and no more is handed on, than a list needs."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from xml.parsers import expat

from common.sheets import limits
from common.sheets.errors import (
    BrokenSheet,
    LockedWorkbook,
    NotATable,
    SheetExpands,
    SheetTooLong,
    SheetTooWide,
    WorkbookWithMacros,
)
from common.sheets.limits import Most

# Parts of which cells are read; pictures, themes, charts, pivot tables and the like stay in their archive.
_READ = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/[^/]+\.xml|xl/_rels/[^/]+\.rels|xl/worksheets/[^/]+\.xml", re.IGNORECASE
)
_WORKBOOK = re.compile(r"xl/workbook[^/]*\.xml", re.IGNORECASE)
_MACROS = re.compile(r".*vbaproject.*|xl/macrosheets/.*", re.IGNORECASE)
_ENTRY = b"PK\x01\x02"
_ENCRYPTED = 0x1
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError, LookupError,
    ArithmeticError, OSError,
)  # fmt: skip


def safe_copy(content: bytes, most: Most) -> io.BytesIO:
    """Return a workbook with those parts alone of which cells are read, each inflated and measured.

    The copy is made anew, so that nobody who reads it finds more in it than was measured. Raises SheetRefused.
    """
    if content.count(_ENTRY) > limits.MAX_PARTS:
        raise SheetExpands
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = _inflated(archive)
    except _DAMAGED as error:
        raise BrokenSheet from error
    measure = _Measure(most)
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as safe:
        for name, part in parts.items():
            measure.add(part)
            safe.writestr(zipfile.ZipInfo(name), part)
    copy.seek(0)
    return copy


def _inflated(archive: zipfile.ZipFile) -> dict[str, bytes]:
    found = archive.infolist()
    if any(_MACROS.fullmatch(each.filename) for each in found):
        raise WorkbookWithMacros
    wanted = [each for each in found if _READ.fullmatch(each.filename)]
    if not any(_WORKBOOK.fullmatch(each.filename) for each in wanted):
        raise NotATable
    if any(each.flag_bits & _ENCRYPTED for each in wanted):
        raise LockedWorkbook
    if len({each.filename.lower() for each in wanted}) < len(wanted):
        raise BrokenSheet
    # Other ways to compress inflate without bound, however little is asked for.
    if any(each.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for each in wanted):
        raise BrokenSheet
    if sum(each.file_size for each in wanted) > limits.MAX_INFLATED:
        raise SheetExpands
    parts = {each.filename: _part(archive, each) for each in wanted}
    if any(b"macroEnabled" in part for name, part in parts.items() if name.lower() == "[content_types].xml"):
        raise WorkbookWithMacros
    return parts


def _part(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Inflate a part, never past the size that the directory told: a longer one is damaged, like one that does not
    match its sum."""
    with archive.open(info) as part:
        inflated = part.read(info.file_size)
        if part.read(1):
            raise BrokenSheet
    return inflated


class _Measure:
    """Measure of what reading would cost: a reader of cells takes memory for all from the first to the last one."""

    def __init__(self, most: Most) -> None:
        self.most = most
        self.elements = 0
        self.area = 0

    def add(self, part: bytes) -> None:
        """Read the XML of a part. Raises SheetExpands, SheetTooLong, SheetTooWide, BrokenSheet."""
        self.row = self.column = self.last_row = self.last_column = 0
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._begin
        parser.StartDoctypeDeclHandler = _refuse_doctype
        try:
            parser.Parse(part, True)
        except expat.ExpatError as error:
            raise BrokenSheet from error
        self.area += self.last_row * self.last_column
        if self.area > limits.MAX_AREA:
            raise SheetExpands

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > limits.MAX_ELEMENTS:
            raise SheetExpands
        name = name.rpartition(":")[2]
        if name == "row":
            self.row, self.column = _number(attributes.get("r"), self.row + 1), 0
        elif name == "c":
            self._begin_cell(attributes.get("r"))
        elif name in ("v", "is", "t") and self.column:
            self._count_cell()

    def _begin_cell(self, reference: str | None) -> None:
        if reference is None:
            self.column += 1
            return
        found = re.fullmatch(r"([A-Z]{1,3})([0-9]{1,7})", reference, re.ASCII)
        if found is None:
            raise BrokenSheet
        self.column = 0
        for letter in found[1]:
            self.column = self.column * 26 + ord(letter) - ord("A") + 1
        self.row = max(self.row, int(found[2]))

    def _count_cell(self) -> None:
        """Count a cell with something in it; blank ones, which only look different, cost nothing."""
        if self.column > limits.MAX_COLUMNS:
            raise SheetTooWide
        if self.row > self.most.last_row:
            raise SheetTooLong(self.most)
        self.last_row, self.last_column = max(self.last_row, self.row), max(self.last_column, self.column)


def _number(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    if not re.fullmatch(r"[0-9]{1,7}", text, re.ASCII):
        raise BrokenSheet
    return int(text)


def _refuse_doctype(*_declared: object) -> None:
    raise BrokenSheet
