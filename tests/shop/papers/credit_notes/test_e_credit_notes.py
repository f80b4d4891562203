"""Credit notes as e-invoices: parts of invoices of every treatment keep the official rules, and a fault is found."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from drafthorse.models.document import Document as Read

from documents.invoices.checking import check
from documents.invoices.values import Invoice
from documents.invoices.xml import cii
from shop.orders.lines.models import OrderLine
from shop.papers.amounts import Amount
from shop.papers.credit_notes.contents import Part, credit_of
from tests.documents.invoices.given import DAY, EVERY, as_issued
from tests.documents.invoices.stylesheets import rules_broken
from tests.documents.invoices.test_e_invoices import figure

D = Decimal


def part(net: str, tax: str = "0.00", *, rate: str = "0", treatment: str = "training", units: int = 1) -> Part:
    line = OrderLine(entry_name={"fr": "Habilitation"}, tax_rate=D(rate), tax_terms={"treatment": treatment})
    return Part(line, units, Amount(D(net), D(tax)))


# Name: the invoice, its parts to credit, what a careless hand makes of the note, and the rule that must notice.
CREDITED = {
    "a third of a standard rate": (
        "paid invoice", [part("333.33", "66.67", rate="20", treatment="standard", units=3)],
        (b"GrandTotalAmount>400.00", b"GrandTotalAmount>400.01"), "BR-CO-15",
    ),
    "a cent with the tax of two": (
        "unpaid invoice", [part("0.05", "0.02", rate="20", treatment="standard")],
        (b"TypeCode>381<", b"TypeCode>999<"), "",
    ),
    "one rate of several": (
        "mixed", [part("11.11", "0.61", rate="5.5", treatment="standard")],
        (b">5.5<", b">5.6<"), "BR-FR-16",
    ),
    "several rates": (
        "mixed", [part("500.00"), part("50.00", "10.00", rate="20", treatment="standard")],
        (b"CategoryCode>E<", b"CategoryCode>S<"), "BR-S-0",
    ),
    "training": ("training", [part("1000.00")], (b"VATEX-FR-CGI261-4", b"VATEX-NOTHING"), "FX-SCH-A-000589"),
    "franchise": (
        "franchise", [part("10.00", treatment="franchise")],
        (b"RateApplicablePercent>0<", b"RateApplicablePercent>20<"), "BR-E-0",
    ),
    "reverse charge": (
        "reverse charge", [part("10.00", treatment="reverse_charge", units=2)],
        (b"IE6433435F</ram:ID>", b"</ram:ID>"), "BR-CO-09",
    ),
    "export": (
        "export", [part("10.00", treatment="export")], (b"CategoryCode>G<", b"CategoryCode>AE<"), "BR-AE-0",
    ),
    "outside": (
        "outside", [part("10.00", treatment="outside")],
        (b"CategoryCode>O</ram:CategoryCode>", b"CategoryCode>O</ram:CategoryCode><ram:RateApplicablePercent>0"
         b"</ram:RateApplicablePercent>"), "BR-O-0",
    ),
    "of a consumer": (
        "consumer", [part("1.00", "0.20", rate="20", treatment="standard")], (b">B2C<", b">B2B<"), "BR-FR-11_BT-47",
    ),
    "of a public body": (
        "public", [part("1.00", "0.20", rate="20", treatment="standard")], (b">B2B<", b">B2G<"), "BR-FR-20_BT-21",
    ),
    "of a deposit": (
        "deposit", [part("1.00", "0.20", rate="20", treatment="standard")], (b"PMT", b"SUR"), "BR-FR-05_BT-22_PMT",
    ),
    "the rest after a deposit": (
        "final", [part("700.00", "140.00", rate="20", treatment="standard")],
        (b"DuePayableAmount>840.00", b"DuePayableAmount>0.00"), "BR-CO-16",
    ),
}  # fmt: skip


def said(name: str) -> Invoice:
    _kind, invoice, _corrects = EVERY[CREDITED[name][0]]
    return credit_of(invoice, CREDITED[name][1], language="fr")


def written(name: str) -> bytes:
    return cii(as_issued("credit_note", said(name), ("F2026-00017", DAY)), said(name))


@pytest.fixture(scope="module")
def broken_rules() -> dict[str, list[str]]:
    """Return the rules broken by every credit note, and by each with its planted fault."""
    documents = {name: written(name) for name in CREDITED}
    for name, (_invoice, _parts, (before, after), _rule) in CREDITED.items():
        assert before in documents[name], name
        documents[f"{name}, spoiled"] = documents[name].replace(before, after)
    return {name: [*rules["EN"], *rules["FR"]] for name, rules in rules_broken(documents).items()}


@pytest.mark.parametrize("name", CREDITED)
def test_keeps_the_european_and_the_french_rules(broken_rules, name):
    check("credit_note", said(name))

    assert broken_rules[name] == []


@pytest.mark.parametrize("name", CREDITED)
def test_a_planted_fault_is_found(broken_rules, name):
    found, rule = broken_rules[f"{name}, spoiled"], CREDITED[name][3]

    assert found
    assert any(each.startswith(rule) for each in found), found


@pytest.mark.parametrize("name", CREDITED)
def test_another_reader_finds_the_same_figures_and_the_invoice(name):
    read, note = Read.parse(written(name)), said(name)

    assert read.header.type_code._text == "381"
    assert b"<ram:IssuerAssignedID>F2026-00017<" in written(name)
    sums = read.trade.settlement.monetary_summation
    assert [figure(sums.line_total), figure(sums.grand_total), figure(sums.due_amount)] == [
        note.net, note.gross, note.gross,
    ]  # fmt: skip
    assert note.gross == sum((each.amount.gross for each in CREDITED[name][1]), D(0))


def test_all_of_an_invoice_is_credited_in_its_own_words():
    _kind, invoice, _corrects = EVERY["mixed"]
    whole = [part("1000.00"), part("33.33", "1.83", rate="5.5", treatment="standard"),
             part("100.00", "20.00", rate="20", treatment="standard")]  # fmt: skip

    assert credit_of(invoice, whole, language="fr") == replace(invoice, payment=None, dues=(), paid=D(0))
