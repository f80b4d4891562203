"""CSV files and pasted rows, in the encodings and with the separators of the programs that people use."""

import pytest
from django.utils.translation import override

from common.sheets.errors import BrokenSheet, NotATable, OpenQuote, RowCutOff, SheetRefused, UnreadableRows
from common.sheets.reading import read_file, read_pasted
from common.sheets.tables import Row, Table

TEXT = "E-mail;Prénom;Nom\r\nchloé@example.org;Chloé;Œuvray\r\n"
TABLE = Table((Row(1, ("E-mail", "Prénom", "Nom")), Row(2, ("chloé@example.org", "Chloé", "Œuvray"))))


def cells(text: str) -> list[tuple[str, ...]]:
    return [row.cells for row in read_pasted(text).rows]


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("cp1252"),
    ],
    ids=[
        "UTF-8",
        "with mark",
        "UTF-16",
        "big-endian",
        "UTF-16 without mark",
        "big-endian without mark",
        "Windows-1252",
    ],
)
def test_every_usual_encoding_is_read(content):
    assert read_file(content, name="list.csv") == TABLE


def test_a_text_of_ascii_is_read_in_utf_16_too():
    assert read_file("a;b\nc;d\n".encode("utf-16-le")).rows[1] == Row(2, ("c", "d"))


@pytest.mark.parametrize("sign", ";,\t")
def test_every_usual_separator_is_read(sign):
    assert read_file(TEXT.replace(";", sign).encode()) == TABLE
    assert read_pasted(TEXT.replace(";", sign)) == TABLE


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_usual_line_end_is_read(end):
    assert read_file(TEXT.replace("\r\n", end).encode()) == TABLE
    assert read_file(TEXT.replace("\r\n", end).rstrip().encode()) == TABLE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"Dupont, Marie";a@x.org\n"Roy; Ada";b@x.org', [("Dupont, Marie", "a@x.org"), ("Roy; Ada", "b@x.org")]),
        ("Dupont, Marie\ta;@x.org", [("Dupont, Marie", "a;@x.org")]),
        ("Liste, mars 2026\na;b\nc;d", [("Liste, mars 2026",), ("a", "b"), ("c", "d")]),
        ('a,b\n"x ""y"" z",c', [("a", "b"), ('x "y" z', "c")]),
        ('a;"b\nc"\nd;e', [("a", "b\nc"), ("d", "e")]),
        ('Marie "Mimi" Roy;b', [('Marie "Mimi" Roy', "b")]),
        ("sep=,\r\na;b,c\r\n", [("a;b", "c")]),
        ("a\nb", [("a",), ("b",)]),
        ("a,b\nc;c,d", [("a", "b"), ("c;c", "d")]),
        ('a,b\n"\n;\n;\n;",d', [("a", "b"), ("\n;\n;\n;", "d")]),
        ("\ufeffa;b", [("a", "b")]),
        ("'=1+1;'a;b", [("=1+1", "'a", "b")]),
    ],
)
def test_cells_are_told_apart(text, expected):
    assert cells(text) == expected


def test_rows_are_counted_like_a_spreadsheet_does_and_blank_ones_left_out():
    table = read_pasted('\na;b\n;\n \t\n"c\nc";d\ne;f')

    assert [(row.line, row.cells) for row in table.rows] == [(2, ("a", "b")), (5, ("c\nc", "d")), (6, ("e", "f"))]


def test_blank_columns_at_the_end_are_no_columns():
    assert len(read_pasted("a;b" + ";" * 500).rows[0].cells) == 100


@pytest.mark.parametrize("rows", ['a;b\n"c;d', 'a;b\n"c"d;e\n', 'a;b\n"c;d\n"e";f\n'])
def test_quotes_that_never_close_are_refused_with_their_row(rows):
    for read in (lambda: read_pasted(rows), lambda: read_file(rows.encode())):
        with pytest.raises(OpenQuote) as refused:
            read()
        assert refused.value.line == 2
        with override("en"):
            assert "row 2 " in str(refused.value)


def test_a_cell_longer_than_any_is_refused():
    with pytest.raises(SheetRefused):
        read_pasted("a;" + "x" * 200_000)


def test_a_file_that_ends_in_the_middle_of_a_row_is_refused():
    with pytest.raises(RowCutOff) as refused:
        read_file(b"E-mail;First;Last\na@example.org;A;B\nb@exam")

    assert refused.value.line == 3


def test_a_last_row_that_ends_or_was_typed_may_be_short():
    assert read_file(b"a;b;c\nd;e;f\ng\n").rows[-1].cells == ("g",)
    assert cells("a;b;c\nd;e;f\ng")[-1] == ("g",)
    assert read_file(b"a;b;c\nd;e\ng").rows[-1].cells == ("g",)


def test_a_file_that_ends_in_the_middle_of_a_letter_is_refused():
    with pytest.raises(BrokenSheet):
        read_file("Prénom;Nom\nZoé".encode()[:-1])
    with pytest.raises(BrokenSheet):
        read_file(TEXT.encode("utf-16")[:-1])


def test_a_last_letter_in_windows_1252_is_a_letter():
    assert read_file("Nom\nRoy\nZoé".encode("cp1252")).rows[-1].cells == ("Zoé",)


@pytest.mark.parametrize(
    "content",
    [b"a;b\0c\nd;e\n", b"\0\0", b"a;b\x01\n", "a;b".encode("utf-32"), b"a\x81\xff;b", b"\x1b[31m;b"],
)
def test_null_bytes_and_other_nonsense_are_refused(content):
    with pytest.raises(NotATable):
        read_file(content)


def test_null_bytes_in_a_pasted_text_are_refused():
    with pytest.raises(UnreadableRows):
        read_pasted("a;b\0")
