"""Files that are no table, or far more than one: each is refused with a sentence, in little memory and time."""

import io
import re
import struct
import time
import tracemalloc
import zipfile
from contextlib import suppress

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import override
from hypothesis import example, given, settings
from hypothesis import strategies as st

from common.sheets import limits
from common.sheets.errors import (
    BlankSheet,
    BrokenSheet,
    DocumentWithTable,
    LockedWorkbook,
    NotATable,
    OldWorkbook,
    PictureOfTable,
    SheetExpands,
    SheetRefused,
    SheetTooLarge,
    SheetTooLong,
    SheetTooWide,
    WorkbookWithMacros,
)
from common.sheets.reading import read_file, read_pasted, read_upload
from tests.common.sheets.books import SHEET, STRINGS, TYPES, changed, with_rows, workbook

BOOK = workbook([["E-mail", "Nom"], ["ada@example.org", "Roy"]])
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
CELL = b'<row r="1"><c r="A1"><v>1</v></c></row>'


def refused(content: bytes, name: str = "") -> type[SheetRefused]:
    with pytest.raises(SheetRefused) as refusal:
        read_file(content, name=name)
    for language in ("en", "fr"):
        with override(language):
            assert str(refusal.value)
    return type(refusal.value)


def stored(book: bytes) -> bytes:
    return changed(book, {}, compression=zipfile.ZIP_STORED)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", BlankSheet),
        (b" \r\n;;\n\t\n", BlankSheet),
        (b"\xef\xbb\xbf", BlankSheet),
        (workbook([]), BlankSheet),
        (workbook([["  "]]), BlankSheet),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), PictureOfTable),
        (b"\xff\xd8\xff\xe0" + bytes(100), PictureOfTable),
        (b"GIF89a" + bytes(100), PictureOfTable),
        (b"RIFF\x00\x10\x00\x00WEBPVP8 ", PictureOfTable),
        (b"\0\0\0\x18ftypheic" + bytes(20), PictureOfTable),
        (b"%PDF-1.7\n%\xe2\xe3", DocumentWithTable),
        (b"{\\rtf1\\ansi", DocumentWithTable),
        (b"\xef\xbb\xbf <!DOCTYPE html><table><tr><td>a;b</td></tr></table>", DocumentWithTable),
        (b"<html><table>", DocumentWithTable),
        (b'<?xml version="1.0"?><Workbook/>', DocumentWithTable),
        (OLD, OldWorkbook),
        (OLD + "EncryptedPackage".encode("utf-16-le"), LockedWorkbook),
        (b"PK\x05\x06" + bytes(18), NotATable),
        (b"Rar!\x1a\x07\x00" + bytes(20), NotATable),
        (b"\x1f\x8b\x08" + bytes(20), NotATable),
    ],
)
def test_what_is_no_table_is_named(content, kind):
    assert refused(content) is kind


@pytest.mark.parametrize("name", ["list.xlsm", "LIST.XLSM", "list.xltm", "list.xlsb", "list.xlam"])
def test_files_with_macros_are_refused_by_their_name(name):
    assert refused(BOOK, name) is WorkbookWithMacros


@pytest.mark.parametrize(
    "parts",
    [
        {"xl/vbaProject.bin": b"\xd0\xcf"},
        {"xl/macrosheets/sheet1.xml": b"<a/>"},
        {TYPES: lambda xml: xml.replace(b"spreadsheetml.sheet.main+xml", b"sheet.macroEnabled.main+xml")},
    ],
)
def test_files_with_macros_are_refused_under_any_name(parts):
    assert refused(changed(BOOK, parts), "list.xlsx") is WorkbookWithMacros


@pytest.mark.parametrize("part", ["word/document.xml", "content.xml", "Index/Document.iwa"])
def test_archives_of_other_programs_are_refused(part):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr(part, b"<a/>")

    assert refused(archive.getvalue()) is NotATable


def test_a_large_file_is_refused_before_it_is_read():
    class Unread(SimpleUploadedFile):
        def read(self, *_size):
            raise AssertionError

    for size in (limits.MAX_BYTES + 1, 50 * limits.MEGABYTE):
        upload = Unread("list.csv", b"")
        upload.size = size
        with pytest.raises(SheetTooLarge):
            read_upload(upload)


def test_a_file_larger_than_it_tells_is_refused():
    upload = SimpleUploadedFile("list.csv", b"a;b\n" * limits.MAX_BYTES)
    upload.size = 10

    with pytest.raises(SheetTooLarge):
        read_upload(upload)
    with pytest.raises(SheetTooLarge):
        read_pasted("a" * (limits.MAX_BYTES + 1))


def test_an_upload_is_read():
    assert read_upload(SimpleUploadedFile("list.xlsx", BOOK)).rows[1].cells == ("ada@example.org", "Roy")


def test_rows_are_limited():
    text = "E-mail\n" + "a@example.org\n\n" * limits.MAX_ROWS
    assert len(read_file(text.encode()).rows) == limits.MAX_ROWS + 1
    assert refused((text + "b@example.org\n").encode()) is SheetTooLong

    rows = [["E-mail"], *[["a@example.org"]] * limits.MAX_ROWS]
    assert len(read_file(workbook(rows)).rows) == limits.MAX_ROWS + 1
    assert refused(workbook([*rows, ["b@example.org"]])) is SheetTooLong


def test_columns_are_limited():
    row = ["a"] * limits.MAX_COLUMNS
    assert len(read_file(";".join(row).encode()).rows[0].cells) == limits.MAX_COLUMNS
    assert len(read_file(workbook([row])).rows[0].cells) == limits.MAX_COLUMNS
    assert refused(";".join([*row, "b"]).encode()) is SheetTooWide
    assert refused(workbook([[*row, "b"]])) is SheetTooWide


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (b'<row r="1"><c r="XFD1"><v>1</v></c></row>', SheetTooWide),
        (b'<row r="1"><c r="ZZZ1"><v>1</v></c></row>', SheetTooWide),
        (b'<row r="1"><c r="ZZZZZZ1"><v>1</v></c></row>', BrokenSheet),
        (b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>', SheetTooLong),
        (b'<row r="1"><c r="A1048576"><v>1</v></c></row>', SheetTooLong),
        (b'<row r="9999999"><c><v>1</v></c></row>', SheetTooLong),
        (b'<row r="1"><c r="A99999999999"><v>1</v></c></row>', BrokenSheet),
        (b'<row r="-1"><c><v>1</v></c></row>', BrokenSheet),
        (b"<row/>" * 20_000 + b"<row><c><v>1</v></c></row>", SheetTooLong),
        (b"<row>" + b"<c/>" * 20_000 + b"<c><v>1</v></c></row>", SheetTooWide),
        (b'<x:row xmlns:x="u" r="1"><x:c r="XFD1"><x:v>1</x:v></x:c></x:row>', SheetTooWide),
        (b'<row r="1"><c r="XFD1" t="inlineStr"><is><t>1</t></is></c></row>', SheetTooWide),
    ],
)
def test_a_cell_far_away_never_takes_the_memory_of_all_before_it(cells, kind):
    assert refused(with_rows(CELL + cells)) is kind


def test_many_sheets_with_cells_far_apart_are_refused():
    sheet = with_rows(b'<row r="9000"><c r="CV9000"><v>1</v></c></row>' + CELL)
    with zipfile.ZipFile(io.BytesIO(sheet)) as archive:
        part = archive.read(SHEET)

    assert refused(changed(sheet, {f"xl/worksheets/other{number}.xml": part for number in range(5)})) is SheetExpands


@pytest.mark.parametrize("part", [SHEET, STRINGS, "xl/styles.xml", "xl/workbook.xml", "xl/worksheets/unused.xml"])
def test_a_bomb_is_refused_by_the_sizes_that_its_directory_tells(part):
    bomb = changed(BOOK, {part: b"<a>" + b" " * limits.MAX_INFLATED + b"</a>"})

    assert len(bomb) < limits.MAX_BYTES
    assert refused(bomb) is SheetExpands


def test_a_bomb_whose_directory_lies_is_refused():
    bomb = changed(BOOK, {STRINGS: b"<a>" + b" " * limits.MAX_INFLATED + b"</a>"})
    size = struct.pack("<I", limits.MAX_INFLATED + 7)
    assert bomb.count(size) == 2

    assert refused(bomb.replace(size, struct.pack("<I", 1000))) is BrokenSheet


def test_a_bomb_in_a_part_that_is_not_read_is_left_in_its_archive():
    book = changed(BOOK, {"xl/media/image1.png": bytes(50 * limits.MEGABYTE)})

    assert len(read_file(book).rows) == 2


@pytest.mark.parametrize(
    ("part", "xml"),
    [
        (STRINGS, b"<sst>" + b"<si/>" * 1000 + b"</sst>"),
        (SHEET, b"<worksheet><sheetData>" + b"<row/>" * 1000 + b"</sheetData></worksheet>"),
    ],
    ids=["texts", "rows"],
)
def test_too_many_elements_are_refused(part, xml, monkeypatch):
    monkeypatch.setattr(limits, "MAX_ELEMENTS", 1000)

    assert refused(changed(BOOK, {part: xml})) is SheetExpands


def test_thousands_of_parts_are_refused():
    parts = {f"xl/worksheets/s{number}.xml": b"<a/>" for number in range(limits.MAX_PARTS)}

    assert refused(changed(BOOK, parts)) is SheetExpands


LAUGHS = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><a>&b;</a>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


@pytest.mark.parametrize("part", [SHEET, STRINGS, "xl/workbook.xml", TYPES])
@pytest.mark.parametrize("xml", [LAUGHS, OUTSIDE, b"<a>", b"", b"\0\0", b"<a/><b/>"])
def test_xml_with_entities_or_damage_is_refused(part, xml):
    assert refused(changed(BOOK, {part: xml})) is BrokenSheet


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_that_nothing_bounds_is_refused(compression):
    assert refused(changed(BOOK, {}, compression=compression)) is BrokenSheet


def test_a_part_that_is_there_twice_is_refused():
    twice = io.BytesIO(BOOK)
    with zipfile.ZipFile(twice, "a") as archive:
        archive.writestr(SHEET.upper(), b"<a/>")

    assert refused(twice.getvalue()) is BrokenSheet


def test_parts_under_a_password_are_refused():
    entry = BOOK.index(b"PK\x01\x02")
    locked = BOOK[: entry + 8] + b"\x01" + BOOK[entry + 9 :]

    assert refused(locked) is LockedWorkbook


@pytest.mark.parametrize("end", [10, 100, -800, -30, -5])
def test_half_a_file_is_refused(end):
    assert refused(BOOK[:end]) is BrokenSheet


def test_a_text_that_is_not_there_is_refused():
    assert refused(changed(BOOK, {STRINGS: b"<sst><si><t>a</t></si></sst>"})) is BrokenSheet


WORST = {
    "separators": b";" * limits.MAX_BYTES,
    "line ends": b"\n" * (limits.MAX_BYTES // 4),
    "quotes": b'"' * limits.MAX_BYTES,
    "open quotes": b'"a' * (limits.MAX_BYTES // 2),
    "cells": b"a;" * (limits.MAX_BYTES // 2),
    "rows": b"a\n" * (limits.MAX_BYTES // 2),
    "entries": b"PK\x03\x04" + b"PK\x01\x02" * (limits.MAX_BYTES // 4 - 1),
    "texts": changed(BOOK, {STRINGS: b"<sst>" + b"<si/>" * (limits.MAX_ELEMENTS // 20) + b"</sst>"}),
    "blanks": changed(BOOK, {STRINGS: b"<a>" + b" " * (limits.MAX_INFLATED - 100_000) + b"</a>"}),
    "corners": with_rows(CELL + b'<row r="9900"><c r="CV9900"><v>1</v></c></row>'),
}


@pytest.mark.parametrize("name", WORST)
def test_the_worst_files_take_little_memory_and_time(name):
    tracemalloc.start()
    began = time.process_time()
    try:
        with suppress(SheetRefused):
            read_file(WORST[name])
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    # Several times what is taken on a quiet machine, and a hundredth of what the bombs above would take.
    assert peak < 150 * limits.MEGABYTE
    assert time.process_time() - began < 20


@given(st.binary(max_size=300))
@example(b'"')
@example(b"\xff\xfe")
@example(b"\xfe\xff\xd8")
@settings(max_examples=150)
def test_random_bytes_are_read_or_refused(content):
    with suppress(SheetRefused):
        assert read_file(content).rows


@given(st.text(max_size=200))
@settings(max_examples=150)
def test_random_texts_are_read_or_refused(text):
    with suppress(SheetRefused):
        assert read_pasted(text).rows


STORED = stored(BOOK)


@given(st.lists(st.tuples(st.integers(0, len(STORED) - 1), st.integers(0, 255)), max_size=8), st.booleans())
@settings(max_examples=150)
def test_damaged_workbooks_are_read_or_refused(changes, is_stored):
    content = bytearray(STORED if is_stored else BOOK)
    for place, byte in changes:
        content[place % len(content)] = byte
    with suppress(SheetRefused):
        assert read_file(bytes(content)).rows


@given(st.data())
@settings(max_examples=100)
def test_workbooks_of_odd_xml_are_read_or_refused(data):
    part = data.draw(
        st.sampled_from([SHEET, STRINGS, "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"])
    )

    def odd(xml: bytes) -> bytes:
        pieces = re.split(rb'(<[^>]*>|"[^"]*")', xml)
        place = data.draw(st.integers(0, len(pieces) - 1))
        pieces[place] = data.draw(st.sampled_from([b"", b'""', b'"-1"', b'"99999999999"', b'"A0"', pieces[place] * 2]))
        return b"".join(pieces)

    with suppress(SheetRefused):
        assert read_file(changed(BOOK, {part: odd})).rows
