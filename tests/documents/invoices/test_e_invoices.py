"""E-invoices of every kind: valid by the official rules, and read back by others to the same figures."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from drafthorse.models.document import Document as Read
from facturx import xml_check_xsd

from documents.invoices import xml as xml_module
from documents.invoices.business_terms import business_terms
from documents.invoices.xml import InvalidXml, cii, ubl
from tests.documents.invoices.given import EVERY, IRISH, as_issued, invoice, training
from tests.documents.invoices.stylesheets import rules_broken


def written(name: str) -> bytes:
    kind, one, corrects = EVERY[name]
    return cii(as_issued(kind, one, corrects), one)


# Name: the invoice, what a careless hand makes of it, and the rule that must notice.
PLANTED = {
    "no note of 40 €": ("unpaid invoice", (b"PMT", b"SUR"), "BR-FR-05_BT-22_PMT"),
    "paid, and yet owed": ("paid invoice", (b"DuePayableAmount>0.00", b"DuePayableAmount>9.00"), "BR-CO-16"),
    "wrong rate": ("mixed", (b">5.5<", b">5.6<"), "BR-FR-16"),
    "parts without a due day": ("in parts", (b'format="102">20270130', b'format="102">20260130'), "BR-FR-CO-07"),
    "exempt called standard": ("training", (b"CategoryCode>E<", b"CategoryCode>S<"), "BR-S-0"),
    "exempt with a rate": ("franchise", (b"RateApplicablePercent>0<", b"RateApplicablePercent>20<"), "BR-E-0"),
    "reverse charge without the buyer's number": ("reverse charge", (b"IE6433435F</ram:ID>", b"</ram:ID>"), "BR-CO-09"),
    "export as reverse charge": ("export", (b"CategoryCode>G<", b"CategoryCode>AE<"), "BR-AE-0"),
    "outside with a rate": (
        "outside",
        (b"CategoryCode>O</ram:CategoryCode>", b"CategoryCode>O</ram:CategoryCode><ram:RateApplicablePercent>0"
         b"</ram:RateApplicablePercent>"),
        "BR-O-0",
    ),
    "a foreign rate with the tax of ours": ("foreign rate", (b">19.00<", b">20.00<"), "BR-"),
    "two countries told apart": (
        "two countries of one rate", (b"BasisAmount>150.00", b"BasisAmount>100.00"), "BR-S-08",
    ),
    "a consumer called a company": ("consumer", (b">B2C<", b">B2B<"), "BR-FR-11_BT-47"),
    "a public body of no audience": ("public", (b">B2B<", b">B2G<"), "BR-FR-20_BT-21"),
    "a deposit in two places": ("deposit", (b"TypeCode>386<", b"TypeCode>999<"), ""),
    "a final sum that forgets its deposit": (
        "final", (b"TotalPrepaidAmount>360.00", b"TotalPrepaidAmount>0.00"), "BR-CO-16",
    ),
    "a deposit at no known rate": ("deposit of several codes", (b">5.5<", b">5.6<"), "BR-FR-16"),
    "a deposit of training that is taxed": (
        "deposit of training", (b"CategoryCode>E<", b"CategoryCode>S<"), "BR-S-0",
    ),
    "a paid final sum that is owed": (
        "final, paid", (b"DuePayableAmount>0.00", b"DuePayableAmount>1.00"), "BR-CO-16",
    ),
    "a share that adds up wrongly": (
        "share of an OPCO", (b"TaxBasisTotalAmount>111.11", b"TaxBasisTotalAmount>111.12"), "BR-CO-1",
    ),
    "a credit note of nothing": ("credit note", (b"InvoiceReferencedDocument", b"Nothing"), ""),
    "a credit note that adds up wrongly": (
        "credit note of training", (b"TaxBasisTotalAmount>1000.00", b"TaxBasisTotalAmount>999.00"), "BR-CO-1",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def broken_rules() -> dict[str, dict[str, list[str]]]:
    """Return the rules broken by every invoice, and by each with its planted fault."""
    documents = {name: written(name) for name in EVERY}
    for fault, (name, (before, after), _rule) in PLANTED.items():
        assert before in documents[name], fault
        documents[fault] = documents[name].replace(before, after)
    return rules_broken(documents)


@pytest.mark.parametrize("name", EVERY)
def test_every_kind_keeps_the_european_and_the_french_rules(broken_rules, name):
    assert broken_rules[name]["EN"] == []
    if EVERY[name][1].is_french:
        assert broken_rules[name]["FR"] == []


def test_a_foreign_rate_is_none_of_the_french_ones(broken_rules):
    assert any(rule.startswith("BR-FR-16") for rule in broken_rules["foreign rate"]["FR"])
    assert [name for name, (_kind, one, _corrects) in EVERY.items() if not one.is_french] == [
        "foreign rate", "two countries of one rate",
    ]  # fmt: skip


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(broken_rules, fault):
    by_sheet, rule = broken_rules[fault], PLANTED[fault][2]
    found = by_sheet["EN"] + (by_sheet["FR"] if EVERY[PLANTED[fault][0]][1].is_french else [])

    assert found
    assert any(each.startswith(rule) for each in found), found


def test_every_kind_has_a_planted_fault():
    assert {name for name, _change, _rule in PLANTED.values()} == set(EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_another_reader_finds_the_same_figures(name):
    kind, one, _corrects = EVERY[name]
    read = Read.parse(written(name))

    assert read.header.type_code._text == {"deposit": "386", "credit_note": "381"}.get(kind, "380")
    sums = read.trade.settlement.monetary_summation
    assert [figure(sums.line_total), figure(sums.grand_total), figure(sums.due_amount)] == [one.net, one.gross, one.due]
    taxes = [
        (figure(tax.basis_amount), figure(tax.calculated_amount)) for tax in read.trade.settlement.trade_tax.children
    ]
    together: dict[tuple[str, Decimal], tuple[Decimal, Decimal]] = {}
    for tax in one.taxes:
        net, sum_ = together.get((tax.treatment, tax.rate), (Decimal(0), Decimal(0)))
        together[tax.treatment, tax.rate] = (net + tax.net, sum_ + tax.tax)
    assert taxes == list(together.values())
    lines = [figure(line.settlement.monetary_summation.total_amount) for line in read.trade.items.children]
    assert lines == [line.net for line in one.lines]


def figure(element) -> Decimal:
    value = getattr(element, "_amount", None) or getattr(element, "_value", None)
    return Decimal(str(value if value is not None else element))


@pytest.mark.parametrize("name", EVERY)
def test_ubl_is_valid_by_its_schema(name):
    kind, one, corrects = EVERY[name]
    xml = ubl(as_issued(kind, one, corrects), one)

    flavor = "ubl-2.1-creditnote" if kind == "credit_note" else "ubl-2.1-invoice"
    assert xml_check_xsd(xml, flavor=flavor, level="en16931")


def test_what_the_schema_refuses_is_not_written(monkeypatch):
    monkeypatch.setattr(xml_module, "business_terms", lambda issued, one: without_lines(issued, one))

    with pytest.raises(InvalidXml, match="factur-x"):
        cii(as_issued("invoice", invoice()), invoice())


def without_lines(issued, one):
    return business_terms(issued, one) | {"BG-23": []}


def test_is_the_same_each_time():
    assert written("mixed") == written("mixed")


def test_leaves_out_signs_that_no_xml_holds():
    one = replace(invoice(), buyer=replace(IRISH, name="A\x01B\x0b & <C> \ufffe😀"))

    assert "AB &amp; &lt;C&gt; 😀".encode() in cii(as_issued("invoice", one), one)


def test_mentions_follow_the_language():
    english = cii(as_issued("invoice", training(), language="en"), training())

    assert b"VAT exempt, article 261-4-4" in english
    assert "Exonération de TVA" in written("training").decode()
