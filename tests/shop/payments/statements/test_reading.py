"""Bank statements read: CAMT.053 in all its ways, and tables of banks."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from datetime import date
from decimal import Decimal

import pytest

from common.sheets.errors import SheetRefused, SheetTooLong
from shop.payments.statements.camt import is_camt, read_camt
from shop.payments.statements.read import (
    AmountTooFine,
    Balance,
    ReadLine,
    StatementRefused,
    StatementTooLarge,
    StatementUnreadable,
    with_identity,
)
from shop.payments.statements.tables import Columns, RowRefused, guess, headings_of, lines_of, rows_of
from tests.shop.payments.statements.files import IBAN, camt, detail, entry, statement, zipped


def read(content: bytes) -> tuple[list[ReadLine], list[Balance]]:
    balances: list[Balance] = []
    return list(read_camt(content, balances)), balances


# Prints by how many megabytes a process grows while it reads a file.
MEASURE = """
import resource, sys
from contextlib import suppress
from shop.payments.statements.camt import read_camt
from shop.payments.statements.read import StatementRefused
content, before = sys.stdin.buffer.read(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with suppress(StatementRefused):
    list(read_camt(content, []))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def grown(content: bytes) -> int:
    done = subprocess.run([sys.executable, "-c", MEASURE], input=content, capture_output=True, check=True)
    return int(done.stdout)


class TestCamt:
    def test_a_transfer_is_read_with_payer_text_and_reference(self):
        lines, balances = read(camt(statement(entry(text="Facture 2026-000012", ref="B77"))))

        assert lines == [
            ReadLine(
                account=IBAN, booked_on=date(2026, 11, 27), amount=Decimal("120.00"), currency="EUR",
                bank_reference="B77", name="ATELIERS ROY", iban="FR7630001007941234567890185",
                text="Facture 2026-000012",
            )
        ]  # fmt: skip
        [balance] = balances
        assert (balance.opening, balance.closing, balance.difference) == (Decimal(1000), Decimal(1120), 0)

    def test_what_left_is_below_zero_and_a_reversal_is_told(self):
        lines, balances = read(
            camt(statement(entry("20.00", side="DBIT", extra="<RvslInd>true</RvslInd>"), closing="970.00"))
        )

        assert [(line.amount, line.is_reversal) for line in lines] == [(Decimal("-20.00"), True)]
        assert balances[0].difference == Decimal("-10.00")

    def test_a_batch_is_one_line_for_each_of_its_details_if_they_make_its_amount(self):
        right = entry("120.00", ref="B", details=detail(text="a", amount="100.00") + detail(text="b", amount="20.00"))
        wrong = entry("120.00", ref="C", details=detail(text="a", amount="100.00") + detail(text="b", amount="10.00"))
        silent = entry("120.00", ref="D", details=detail(text="a") + detail(text="b"))

        lines, _balances = read(camt(statement(right, wrong, silent)))

        assert [(line.amount, line.text, line.bank_reference) for line in lines] == [
            (Decimal(100), "a", "B"),
            (Decimal(20), "b", "B"),
            (Decimal(120), "", "C"),
            (Decimal(120), "", "D"),
        ]

    def test_what_is_not_booked_is_left_out(self):
        pending = entry(status="<Sts><Cd>PDNG</Cd></Sts>")
        old = entry(status="<Sts>BOOK</Sts>")

        assert len(read(camt(statement(pending, old)))[0]) == 1

    def test_several_statements_in_several_files_of_an_archive(self):
        content = zipped(camt(statement(entry()), statement(entry(), iban="FR00")), camt(statement(entry())))

        lines, balances = read(content)

        assert is_camt(content)
        assert [line.account for line in lines] == [IBAN, "FR00", IBAN]
        assert len(balances) == 3

    @pytest.mark.parametrize(
        "content",
        [
            b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            b"<?xml version='1.0'?><Document/>",
            b"<?xml version='1.0'?><Document><BkToCstmrStmt><Stmt>",
            camt(statement(entry("abc"))),
            camt(statement(entry("1e99"))),
            camt(statement(entry("-5"))),
            camt(statement(entry(day="yesterday"))),
            camt(statement(entry(side="UP"))),
            camt(statement(entry())).replace(b"UTF-8", b"UTF-99"),
            camt(statement(entry())).decode().encode("utf-16"),
            b"PK\x03\x04 broken",
        ],
    )
    def test_any_other_file_is_refused(self, content):
        with pytest.raises(StatementRefused):
            read(content)

    def test_an_archive_that_expands_beyond_all_need_is_refused(self, monkeypatch):
        monkeypatch.setattr("shop.payments.statements.camt.MAX_INFLATED", 100)
        with pytest.raises(StatementRefused):
            read(zipped(camt(statement(entry()))))

    def test_memory_is_bounded_however_many_entries_there_are(self):
        content = camt(statement(*(entry(ref=str(number)) for number in range(5_000))))
        tracemalloc.start()
        count = sum(1 for _line in read_camt(content, []))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert count == 5_000
        assert peak < 3 * len(content)

    @pytest.mark.parametrize("before", ["", "<Stmt><Ntry>", "<Stmt><Acct>"])
    def test_millions_of_elements_in_a_small_archive_take_little_memory(self, before):
        content = zipped(f"<Document><BkToCstmrStmt>{before}{'<a/>' * 10_000_000}".encode())

        assert len(content) < 100_000
        assert grown(content) < 400

    def test_what_stands_between_entries_is_forgotten_with_them(self):
        junk = f"{'<a/>' * 200_000}<Stmt><Ntry><Sts>PDNG</Sts></Ntry></Stmt>" * 50
        content = zipped(f"<Document><BkToCstmrStmt>{junk}</BkToCstmrStmt></Document>".encode())

        assert grown(content) < 400

    @pytest.mark.parametrize(("amount", "currency"), [("0.005", "EUR"), ("1.5", "JPY"), ("1.235", "KWD")])
    def test_an_amount_finer_than_the_currency_is_refused_in_words(self, amount, currency):
        content = camt(statement(entry(amount))).replace(b'Ccy="EUR"', f'Ccy="{currency}"'.encode())

        with pytest.raises(AmountTooFine, match=f"{amount} {currency}"):
            read(content)

    @pytest.mark.parametrize("part", ["<Stmt/>", "<Stmt><Id/></Stmt>", "<Stmt><Ntry><Sts>PDNG</Sts></Ntry></Stmt>"])
    def test_parts_are_counted_though_no_line_is_booked(self, part, monkeypatch):
        monkeypatch.setattr("shop.payments.statements.camt.MAX_PARTS", 100)
        with pytest.raises(StatementTooLarge):
            read(camt(part * 101))


FRENCH = (
    "Banque du Port;;;\n"
    "Compte;FR76;;\n"
    "Date;Libellé;Débit;Crédit\n"
    "27/11/2026;VIR ATELIERS ROY 2026-000012;;1 234,56\n"
    "28/11/2026;FRAIS;-12,50;\n"
    ";Total;;\n"
)


def lines_in(text: str, columns: Columns | None = None) -> list[tuple[str, str, str]]:
    rows = rows_of(text.encode())
    found = lines_of(rows, columns or guess(rows), account="X", currency="EUR")
    return [(str(line.booked_on), str(line.amount), line.text) for line in found]


class TestTables:
    def test_a_french_export_with_debit_and_credit_is_read_below_its_heading(self):
        assert lines_in(FRENCH) == [
            ("2026-11-27", "1234.56", "VIR ATELIERS ROY 2026-000012"),
            ("2026-11-28", "-12.50", "FRAIS"),
        ]

    @pytest.mark.parametrize(
        ("written", "amount"),
        [
            ("1 234,56", "1234.56"), ("1.234,56", "1234.56"), ("-1.234,56", "-1234.56"),
            ("1\N{NO-BREAK SPACE}234,56", "1234.56"),
            ("12,50-", "-12.50"), ("(12.50)", "-12.50"), ("+ 12,5", "12.5"), ("12 €", "12"),
        ],
    )  # fmt: skip
    def test_amounts_are_read_as_banks_write_them(self, written, amount):
        assert lines_in(f'Date;Montant;Libellé\n27/11/2026;"{written}";a\n') == [("2026-11-27", amount, "a")]

    @pytest.mark.parametrize(
        ("days", "read"),
        [
            (("01/02/2026", "27/11/2026"), ("2026-02-01", "2026-11-27")),
            (("01/02/2026", "11/27/2026"), ("2026-01-02", "2026-11-27")),
            (("2026-02-01", "2026-11-27"), ("2026-02-01", "2026-11-27")),
            (("01.02.26", "27.11.26"), ("2026-02-01", "2026-11-27")),
        ],
    )
    def test_dates_are_read_both_ways_round(self, days, read):
        rows = "".join(f"{day};1,00;a\n" for day in days)

        assert tuple(line[0] for line in lines_in(f"Date;Amount;Description\n{rows}")) == read

    def test_columns_that_were_said_count_and_what_cannot_be_read_is_told_with_its_row(self):
        text = "A;B;C\n27/11/2026;1,00;hello\n"
        assert not guess(rows_of(text.encode())).is_whole
        assert lines_in(text, Columns({"day": 0, "amount": 1, "text": 2})) == [("2026-11-27", "1.00", "hello")]
        for wrong in ({"day": 2, "amount": 1}, {"day": 0, "amount": 2}):
            with pytest.raises(RowRefused) as refusal:
                lines_in(text, Columns(wrong))
            assert refusal.value.line == 2

    def test_an_amount_finer_than_the_currency_is_told_with_its_row(self):
        text = "Date;Amount;Description\n27/11/2026;{};a\n"
        for currency, amount in (("EUR", "0,005"), ("JPY", "1,50"), ("KWD", "1,235")):
            rows = rows_of(text.format(amount).encode())
            with pytest.raises(RowRefused) as refusal:
                list(lines_of(rows, guess(rows), account="X", currency=currency))
            assert refusal.value.line == 2

    def test_a_table_has_as_many_lines_as_a_busy_year(self):
        text = "Date;Amount;Description\n" + "27/11/2026;1,00;a\n\n" * 10_000

        assert len(lines_in(text)) == 10_000
        with pytest.raises(SheetTooLong, match="20000"):
            rows_of((text + "27/11/2026;1,00;a\n" * 10_001).encode())

    def test_headings_know_a_banks_tables_again(self):
        one, other = rows_of(FRENCH.encode()), rows_of(FRENCH.replace("1 234,56", "5,00").encode())

        assert headings_of(one) == headings_of(other)
        assert headings_of(one) != headings_of(rows_of(b"Date;Montant;x\n1;2;3\n"))

    def test_what_is_no_table_is_refused(self):
        with pytest.raises(SheetRefused):
            rows_of(b"%PDF-1.7")


def test_lines_that_say_the_same_on_a_day_are_told_apart_and_known_again():
    line = ReadLine(account="X", booked_on=date(2026, 11, 27), amount=Decimal(5), currency="EUR", text="a")
    first = [identity for identity, _line in with_identity([line, line])]

    assert len(set(first)) == 2
    assert [identity for identity, _line in with_identity([line, line])] == first


def test_an_unreadable_file_is_a_refusal_at_its_field():
    assert StatementUnreadable().field == "file"
