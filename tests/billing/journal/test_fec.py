"""Journal in FEC layout from plain entries of the ledger, judged by our own reader."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from billing.closures.models import Closure
from billing.closures.services import close_days
from billing.journal.chart import Chart
from billing.journal.entries import Journal, journal_lines, other_currencies
from billing.journal.fec import COLUMNS, ENCODING, Named, Piece, closed_days, fec_rows, file_name, letter, plain
from billing.journal.models import ChartAccount
from billing.ledger.models import Account
from billing.ledger.sealing import seal_batch
from billing.ledger.services import Entry, Kind, Line, post
from tests.billing.journal.checking import faults, rows_of
from tests.constraints import broken
from tests.factories.accounts import CustomerAccountFactory

pytestmark = pytest.mark.django_db

YEAR = {"starts": date(2026, 1, 1), "ends": date(2026, 12, 31)}
WITHIN = {"starts": "20260101", "ends": "20261231"}


def at(day: int, month: int = 3, year: int = 2026) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def sold(fact: str, when: datetime, customer: int, units: int = 12000, currency: str = "EUR") -> None:
    lines = (
        Line(Account.RECEIVABLE, units, customer, 1),
        Line(Account.SALES, units // 6 - units, customer, 1, "4:20.00"),
        Line(Account.VAT, -(units // 6), customer, 1, "4:20.00"),
    )
    post([Entry(fact, Kind.INVOICE, when, currency, lines)])


def moved(fact: str, when: datetime, debit: Account, credit: Account, kind: str = Kind.MONEY_IN) -> None:
    parts = {Account.IN_TRANSIT: "stripe", Account.FEES: "bank"}
    lines = (Line(debit, 500, part=parts.get(debit, "")), Line(credit, -500, part=parts.get(credit, "")))
    post([Entry(fact, kind, when, "EUR", lines)])


def journal(starts: date = YEAR["starts"], ends: date = YEAR["ends"], named: Named | None = None) -> bytes:
    lines = journal_lines(starts=starts, ends=ends, currency="EUR")
    closed = closed_days(starts=starts, ends=ends)
    rows = fec_rows(lines, naming=lambda _lines: named or Named(), currency="EUR", closed=closed)
    text = "".join("\t".join(row) + "\r\n" for row in [COLUMNS, *rows])
    return text.encode(ENCODING)


@pytest.fixture
def year() -> int:
    """Entries of a year in each journal, not in the order of their days; return the customer's key."""
    customer = CustomerAccountFactory().pk
    sold("last year", at(9, 12, 2025), customer)
    sold("march", at(5), customer)
    moved("transit", at(5), Account.IN_TRANSIT, Account.UNALLOCATED)
    sold("january", at(7, 1), customer, 3333)
    moved("banked", at(8), Account.BANK, Account.IN_TRANSIT)
    moved("fee", at(9), Account.FEES, Account.BANK, Kind.FEE)
    moved("allocated", at(9), Account.UNALLOCATED, Account.REFUNDS_SENT, Kind.ALLOCATED)
    sold("april", at(2, 4), customer)
    return customer


def test_each_entry_stands_in_one_journal_in_order_numbered_without_a_gap(year):
    content = journal()

    assert faults(content, **WITHIN) == []
    rows = rows_of(content)
    told = [(row["JournalCode"], row["EcritureNum"], row["EcritureDate"], row["PieceRef"]) for row in rows]
    assert list(dict.fromkeys(told)) == [
        ("VE", "1", "20260107", "january"),
        ("VE", "2", "20260305", "march"),
        ("PS", "1", "20260305", "transit"),
        ("BQ", "1", "20260308", "banked"),
        ("BQ", "2", "20260309", "fee"),
        ("OD", "1", "20260309", "allocated"),
        ("VE", "3", "20260402", "april"),
    ]
    assert [(row["CompteNum"], row["Debit"], row["Credit"]) for row in rows[:3]] == [
        ("411000", "33,33", "0,00"),
        ("706000", "0,00", "27,78"),
        ("445710", "0,00", "5,55"),
    ]


def test_numbers_of_a_month_go_on_from_those_before(year):
    march = rows_of(journal(date(2026, 3, 1), date(2026, 3, 31)))

    numbers = {(row["JournalCode"], row["EcritureNum"]) for row in march}
    assert numbers == {("VE", "2"), ("PS", "1"), ("BQ", "1"), ("BQ", "2"), ("OD", "1")}


def test_lines_of_an_order_that_sum_to_zero_bear_its_letter_and_the_day(year):
    def paid(fact: str, when: datetime, units: int, order_id: int) -> None:
        lines = (Line(Account.UNALLOCATED, units), Line(Account.RECEIVABLE, -units, year, order_id))
        post([Entry(fact, Kind.ALLOCATED, when, "EUR", lines)])

    for order_id in (2, 800):
        lines = (Line(Account.RECEIVABLE, 9000, year, order_id), Line(Account.TO_BE_INVOICED, -9000, year, order_id))
        post([Entry(f"owed {order_id}", Kind.SALE, at(10, 5), "EUR", lines)])
        paid(f"part {order_id}", at(11, 5), 4000, order_id)
    paid("rest", at(12, 6), 5000, 800)
    paid("rest and more", at(12, 6), 5001, 2)

    content = journal()
    assert faults(content, **WITHIN) == []
    lettered = [row for row in rows_of(content) if row["EcritureLet"]]
    assert [(row["PieceRef"], row["CompteNum"], row["EcritureLet"], row["DateLet"]) for row in lettered] == [
        ("owed 800", "411000", "BEU", "20260612"),
        ("part 800", "411000", "BEU", "20260612"),
        ("rest", "411000", "BEU", "20260612"),
    ]
    assert not any(row["EcritureLet"] for row in rows_of(journal(ends=date(2026, 6, 11))))


def test_an_order_of_last_year_that_is_settled_in_this_one_bears_its_letter(year):
    of_this_year = sum(line.amount for line in journal_lines(**YEAR, currency="EUR") if line.account == "receivable")
    of_last_year = 12000
    owed = of_this_year + of_last_year
    lines = (Line(Account.UNALLOCATED, owed), Line(Account.RECEIVABLE, -owed, year, 1))
    post([Entry("all paid", Kind.ALLOCATED, at(1, 12), "EUR", lines)])

    rows = [row for row in rows_of(journal()) if row["CompteNum"] == "411000"]

    assert {(row["EcritureLet"], row["DateLet"]) for row in rows} == {("AAB", "20261201")}
    assert rows[0]["EcritureNum"] == "1"


@pytest.mark.parametrize(("key", "told"), [(0, "AAA"), (1, "AAB"), (26, "ABA"), (26**3 - 1, "ZZZ"), (26**3, "BAAA")])
def test_letters_are_those_of_the_key(key, told):
    assert letter(key) == told


def test_names_and_papers_stand_on_the_lines(year):
    entry = next(line.entry_id for line in journal_lines(**YEAR, currency="EUR") if line.fact == "march")
    named = Named(
        {year: ("C000017", "Δήμος\td’Été | =1+1")}, {entry: Piece("F2026-00001", date(2026, 3, 4))}, {entry: "Facture"}
    )

    rows = [row for row in rows_of(journal(named=named)) if row["EcritureNum"] == "2" and row["JournalCode"] == "VE"]

    assert {(row["PieceRef"], row["PieceDate"], row["EcritureLib"]) for row in rows} == {
        ("F2026-00001", "20260304", "Facture")
    }
    assert [(row["CompAuxNum"], row["CompAuxLib"]) for row in rows] == [
        ("C000017", "Dimos d'Été =1+1"),
        ("", ""),
        ("", ""),
    ]


def test_entries_of_closed_days_are_valid_since_then(year):
    while seal_batch():
        pass
    close_days(through=date(2026, 3, 5), now=at(10))

    valid = {row["EcritureDate"]: row["ValidDate"] for row in rows_of(journal())}

    assert Closure.objects.filter(kind="day").exists()
    assert valid == {"20260107": "20260310", "20260305": "20260310", "20260308": "", "20260309": "", "20260402": ""}
    assert faults(journal(), **WITHIN) == []


def test_the_merchants_numbers_stand_in_place_of_the_usual_ones():
    for part, number in [("", "706100"), ("4", "706200"), ("4:5.50", "706300")]:
        ChartAccount.objects.create(account="sales", part=part, number=number, label=f"Ventes {number}")
    chart = Chart.read()

    assert [chart.of("sales", part).number for part in ("4:20.00", "4:5.50", "20.00", "")] == [
        *("706200", "706300", "706100", "706100")
    ]
    assert chart.of("vat", "4:20.00") == ("445710", "TVA collectée")


def test_other_currencies_are_left_out_and_counted(year):
    sold("dollars", at(5), year, currency="USD")

    assert "dollars" not in {line.fact for line in journal_lines(**YEAR, currency="EUR")}
    assert other_currencies(**YEAR, currency="EUR") == 1


@pytest.mark.parametrize(
    ("found", "written"),
    [("=cmd()", "'=cmd()"), ("a\tb\r\nc", "a b c"), ("東京", "DongJing"), ("Œuvre 5 €", "Œuvre 5 €"), ("a|b", "a b")],
)
def test_a_text_is_plain(found, written):
    assert plain(found) == written


def test_the_file_is_named_by_company_and_closing_day():
    assert file_name("732829320", date(2026, 12, 31)) == "732829320FEC20261231.txt"


PLANTED = [
    ("name", {}, None),
    ("balance", {"Debit": "33,34"}, 0),
    ("decimals", {"Debit": "33.33"}, 0),
    ("sides", {"Credit": "33,33"}, 0),
    ("order", {"EcritureDate": "20260401"}, slice(0, 3)),
    ("period", {"EcritureDate": "20250107"}, slice(0, 3)),
    ("day", {"PieceDate": "20261332"}, 0),
    ("day", {"EcritureDate": "20260108"}, 1),
    ("numbers", {"EcritureNum": "7"}, slice(0, 3)),
    ("empty", {"PieceRef": ""}, 0),
    ("account", {"CompteNum": "CLIENTS"}, 0),
    ("customer", {"CompAuxNum": "C1"}, 1),
    ("letter", {"EcritureLet": "AAB"}, 0),
    ("letter", {"EcritureLet": "AAB", "DateLet": "20260106"}, 0),
]


@pytest.mark.parametrize(("fault", "change", "where"), PLANTED)
def test_the_judge_finds_each_planted_fault(year, fault, change, where):
    rows = rows_of(journal())
    for row in [] if where is None else rows[where] if isinstance(where, slice) else [rows[where]]:
        row.update(change)
    content = "".join("\t".join(row) + "\r\n" for row in [list(COLUMNS), *(list(row.values()) for row in rows)])

    name = "FEC.txt" if fault == "name" else "732829320FEC20261231.txt"
    assert fault in faults(content.encode(ENCODING), **WITHIN, name=name)


def test_the_judge_finds_another_encoding_heading_and_column(year):
    content = journal()

    assert faults(content.decode(ENCODING).encode(), **WITHIN) == ["encoding"]
    assert faults(content.replace(b"Idevise", b"Devise", 1), **WITHIN) == ["heading"]
    assert faults(content.replace(b"\tVE", b"VE").replace(b"411000\t", b"411000", 1), **WITHIN) == ["columns"]


def test_the_database_keeps_the_chart():
    ChartAccount.objects.create(account="sales", part="", number="706100", label="Ventes")
    with broken("billing_chartaccount_once"):
        ChartAccount.objects.create(account="sales", part="", number="706200", label="Ventes")
    with broken("billing_chartaccount_number"):
        ChartAccount.objects.create(account="vat", number="44", label="TVA")
    with broken("billing_chartaccount_label_given"):
        ChartAccount.objects.create(account="vat", number="445711", label="")


def test_a_journal_is_one_of_four():
    assert set(Journal) == {"VE", "BQ", "PS", "OD"}


def test_an_hour_before_midnight_belongs_to_the_day_of_the_shop(year):
    sold("new year", datetime(2025, 12, 31, 23, 30, tzinfo=UTC), year)

    first = next(journal_lines(**YEAR, currency="EUR"))

    assert (first.fact, first.number, first.day - timedelta(days=0)) == ("new year", 1, date(2026, 1, 1))
