"""The one writer of tables: cells that are no formulas, numbers that stay numbers, and what the reader reads again."""

import datetime
import io
import os
import re
import tempfile
import zipfile
from decimal import Decimal

import pytest
from django.utils.translation import gettext_lazy, override
from hypothesis import example, given, settings
from hypothesis import strategies as st

from common.sheets import new_workbooks
from common.sheets.answers import sheet_response
from common.sheets.harmless import as_typed, harmless
from common.sheets.reading import read_file, read_pasted
from common.sheets.tables import SheetKind
from common.sheets.writing import tabbed, write_sheet
from tests.common.sheets.books import SHEET

CSV, XLSX = SheetKind.CSV, SheetKind.XLSX
HEADINGS = ("E-mail", "Nom")
NOON = datetime.datetime(2026, 3, 2, 11, 30, tzinfo=datetime.UTC)
FORMULAS = ["=1+1", "+33 6", "-1+2", "@SUM(A1)", "\tx", "\rx", "\nx", " =1", "\u200b=1", "＝1", "'=1", "''@x"]


def written(kind: SheetKind, *rows, language: str = "en", **options) -> bytes:
    with override(language), write_sheet(kind, headings=HEADINGS, rows=rows, **options) as file:
        return file.read()


def xml(book: bytes, part: str = SHEET) -> str:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return archive.read(part).decode()


def test_csv_is_what_spreadsheet_programs_of_the_language_read():
    row = ('Zoé; fils, "A"', Decimal("1234.50"), 7, NOON.date(), NOON, None)

    assert written(CSV, row, language="fr").decode("utf-8-sig") == (
        'E-mail;Nom\r\n"Zoé; fils, ""A""";1234,50;7;2026-03-02;2026-03-02 12:30;\r\n'
    )
    assert written(CSV, row).decode("utf-8-sig") == (
        'E-mail,Nom\r\n"Zoé; fils, ""A""",1234.50,7,2026-03-02,2026-03-02 12:30,\r\n'
    )
    assert written(CSV).startswith(b"\xef\xbb\xbf")


def test_numbers_days_and_moments_are_such_in_a_workbook():
    sheet = xml(written(XLSX, (Decimal("12.5"), -7, NOON.date(), NOON, "12", None)))

    assert re.findall(r'<c r="([A-Z])2"(?: s="\d+")?(?: t="(\w+)")?>', sheet) == [
        ("A", ""), ("B", ""), ("C", ""), ("D", ""), ("E", "inlineStr"),
    ]  # fmt: skip
    assert "<v>12.5</v>" in sheet
    assert "<v>-7</v>" in sheet
    read = read_file(written(XLSX, (Decimal("12.5"), -7, NOON.date(), NOON)))
    assert read.rows[1].cells == ("12.5", "-7", "2026-03-02", "2026-03-02 12:30")


@pytest.mark.parametrize("number", [10**15 + 1, 10**18, Decimal("1234567890123456.78"), Decimal("NaN")])
def test_a_number_that_a_program_would_round_is_a_text(number):
    assert read_file(written(XLSX, ("x", number))).rows[1].cells == ("x", str(number))


def test_days_before_those_that_excel_counts_are_texts():
    assert read_file(written(XLSX, (datetime.date(1899, 1, 1),))).rows[1].cells[0] == "1899-01-01"


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_is_taken_for_a_formula(text):
    assert harmless(text) == f"'{text}"
    assert written(CSV, (text, "x")).decode("utf-8-sig").splitlines()[1].lstrip('"').startswith("'")
    sheet = xml(written(XLSX, (text, text)))
    assert "<f>" not in sheet
    assert sheet.count("<t>'") + sheet.count('<t xml:space="preserve">\'') == 2


@pytest.mark.parametrize("text", ["Roy", "a=b", "'n Afrikaner", "d'Or", "", " Roy", "12", "1-2", "ada@example.org"])
def test_other_texts_stay_as_they_are(text):
    assert harmless(text) == as_typed(text) == text


def test_headings_and_lazy_texts_are_made_harmless_too_and_translated():
    with override("fr"), write_sheet(CSV, headings=["=1", "x"], rows=[(gettext_lazy("English"), "@x")]) as file:
        assert file.read().decode("utf-8-sig") == "'=1;x\r\nAnglais;'@x\r\n"


def test_links_are_texts():
    assert "hyperlink" not in xml(written(XLSX, ("https://evil.example", "mailto:x@example.org", "{=1}")))


@pytest.mark.parametrize("kind", [CSV, XLSX])
@given(
    st.lists(
        st.tuples(st.text(max_size=12), st.sampled_from(FORMULAS) | st.text("'=+-@\t\r\n ab;,\"_x0041", max_size=9)),
        max_size=5,
    ),
    st.sampled_from(["fr", "en"]),
)
@example([("a\r\nb", "\r"), ("_x0041_", "_x000D_")], "fr")
@settings(max_examples=80)
def test_whatever_is_written_is_read_again(kind, rows, language):
    clean = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
    expected = [tuple(clean.sub("", cell) for cell in row) for row in rows]

    # A number in the last column: blank rows are not read, and calamine knows no blank cells at the end of a row.
    read = read_file(written(kind, *((*row, 1) for row in rows), language=language))

    assert [row.cells[:2] for row in read.rows[1:]] == expected


@given(
    st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs", "Cc"]), min_size=1), min_size=1)
)
@settings(max_examples=60)
def test_a_tabbed_row_is_read_again(cells):
    row = ("x", *cells[:50])

    assert read_pasted(tabbed(row)).rows[0].cells == tuple(as_typed(cell) for cell in row)


def test_rows_are_taken_one_by_one_and_fill_sheet_after_sheet(monkeypatch):
    monkeypatch.setattr(new_workbooks, "MOST_ROWS", 4)
    book = written(XLSX, *((f"p{number}", "x") for number in range(7)), title="People: [all]")

    first = read_file(book)
    assert [row.cells[0] for row in first.rows] == ["E-mail", "p0", "p1", "p2"]
    assert first.left_out == ("People   all 2", "People   all 3")


def test_a_text_longer_than_a_cell_is_cut_and_not_left_out():
    assert len(read_file(written(XLSX, ("x" * 40_000, "y"))).rows[1].cells[0]) == 32_767


@pytest.mark.parametrize("kind", [CSV, XLSX])
def test_an_error_among_the_rows_leaves_nothing_behind(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def rows():
        yield ("a", "b")
        raise LookupError

    with pytest.raises(LookupError):
        write_sheet(kind, headings=HEADINGS, rows=rows())
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("people", 'attachment; filename="people.csv"'),
        ("Résultat du 2 mars", "attachment; filename*=utf-8''R%C3%A9sultat-du-2-mars.csv"),
        ('../../etc/passwd"\r\nX: y', 'attachment; filename="etc-passwd-X-y.csv"'),
        (".", 'attachment; filename="list.csv"'),
        ("a" * 300, f'attachment; filename="{"a" * 80}.csv"'),
    ],
)
def test_the_answer_is_a_file_to_save_under_a_safe_name(name, header):
    with override("en"):
        answer = sheet_response(name, CSV, headings=HEADINGS, rows=[("a", "b")])

    assert answer["Content-Disposition"] == header
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Cache-Control"] == "no-store, private"
    assert b"".join(answer).decode("utf-8-sig").endswith("a,b\r\n")


def test_a_workbook_is_answered_too():
    answer = sheet_response("people", "xlsx", headings=HEADINGS, rows=[("a", "b")])

    assert answer["Content-Disposition"] == 'attachment; filename="people.xlsx"'
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    assert read_file(b"".join(answer)).rows[1].cells == ("a", "b")
