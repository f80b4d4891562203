"""XLSX files: the sheet that is read, and cells as one would type them."""

import datetime

import pytest

from common.sheets.reading import read_file
from tests.common.sheets.books import changed, with_rows, workbook


def read(book: bytes) -> list[tuple[str, ...]]:
    return [row.cells for row in read_file(book, name="list.xlsx").rows]


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        (75001, "75001"),
        (0.5, "0.5"),
        (0.1 + 0.2, "0.3"),
        (33612345678, "33612345678"),
        (1e16, "10000000000000000"),
        (-2.50, "-2.5"),
        (True, "true"),
        (datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC), "2026-03-02"),
        (datetime.datetime(2026, 3, 2, 10, 5, tzinfo=datetime.UTC), "2026-03-02 10:05"),
        ("Œuvre", "Œuvre"),
        ("  a\nb  ", "  a\nb  "),
        ("_x0041_", "_x0041_"),
    ],
)
def test_cells_are_texts_as_one_would_type_them(value, typed):
    assert read(workbook([["x", value]])) == [("x", typed)]


@pytest.mark.parametrize(
    ("cell", "typed"),
    [
        (b'<c r="A1"><f>CONCATENATE("a",B1)</f><v></v></c><c r="B1"><v>1</v></c>', ("", "1")),
        (b'<c r="A1" t="str"><f>CONCATENATE("a","b")</f><v>ab</v></c>', ("ab",)),
        (b'<c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="B1"><v>1</v></c>', ("", "1")),
        (b'<c r="A1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>', ("ab",)),
        (b'<c t="inlineStr"><is><t>a</t></is></c><c t="inlineStr"><is><t>b</t></is></c>', ("a", "b")),
    ],
)
def test_of_formulas_the_value_is_read(cell, typed):
    assert read(with_rows(b'<row r="1">' + cell + b"</row>")) == [typed]


def test_rows_are_counted_as_the_program_shows_them():
    table = read_file(workbook([[], ["", "a"], [], ["b", "c"]]))

    assert [(row.line, row.cells) for row in table.rows] == [(2, ("", "a")), (4, ("b", "c"))]


def test_the_first_sheet_with_something_in_it_is_read_and_the_others_are_told():
    table = read_file(workbook([], Blank=[], April=[["a"]], May=[["b"]], June=[]))

    assert [row.cells for row in table.rows] == [("a",)]
    assert table.left_out == ("May",)


def test_hidden_sheets_are_not_read():
    book = changed(
        workbook([["secret"]], Shown=[["a"]]),
        {"xl/workbook.xml": lambda xml: xml.replace(b'<sheet name="People"', b'<sheet state="hidden" name="People"')},
    )

    assert (read(book), read_file(book).left_out) == ([("a",)], ())


def test_of_many_sheets_the_further_ones_are_told():
    sheets = {f"S{number}": [["x"]] if number > 15 else [] for number in range(20)}
    table = read_file(workbook([["a"]], **sheets))

    assert table.left_out == tuple(f"S{number}" for number in range(9, 20))


def test_cells_that_only_look_different_cost_nothing():
    book = with_rows(
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="A1048576" s="1"/><c r="XFD1048576"/></row>'
    )

    assert read(book) == [("1",)]


def test_parts_that_are_not_read_may_be_anything():
    book = changed(workbook([["a"]]), {"xl/media/image1.png": b"\x89PNG" * 10, "xl/drawings/drawing1.xml": b"<broken"})

    assert read(book) == [("a",)]


def test_the_kind_is_told_by_the_content():
    assert read_file(workbook([["a"]]), name="list.csv").rows[0].cells == ("a",)
    assert read_file(b"a;b\n", name="list.xlsx").rows[0].cells == ("a", "b")


def test_an_apostrophe_before_what_looks_like_a_formula_is_none_of_the_text():
    assert read(workbook([["'=1+1", "'+33 6", "'n Afrikaner"]])) == [("=1+1", "+33 6", "'n Afrikaner")]
