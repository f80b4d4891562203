"""Nothing is issued that lacks a mention, or whose sums do not agree."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from cattrs.errors import BaseValidationError
from hypothesis import given
from hypothesis import strategies as st

from documents.invoices.checking import BadInvoice, check, faults_of
from documents.invoices.template import check as check_data
from documents.invoices.treatments import RATES, TREATMENTS
from documents.invoices.values import Due, Invoice, Line, Look, Party, Terms, as_data, from_data
from tests.documents.invoices.given import BANK, COMPANY, EVERY, IRISH, MIXED, SELLER, invoice, line, paid, training

D = Decimal


def faults(one: Invoice, kind: str = "invoice") -> list[str]:
    return list(faults_of(kind, one))


@pytest.mark.parametrize("name", EVERY)
def test_every_kind_is_good(name):
    kind, one, _corrects = EVERY[name]

    check(kind, one)


BAD = [
    (replace(invoice(), seller=Party(name="")), {"seller.name", "seller.street", "seller.siren", "seller.vat_number"}),
    (replace(invoice(), seller=replace(SELLER, siret="55210055400013")), {"seller.siret"}),
    (replace(invoice(), seller=replace(SELLER, siren="732829321")), {"seller.siren"}),
    (replace(training(), seller=replace(SELLER, activity_number="")), {"seller.activity_number"}),
    (replace(invoice(), terms=Terms(recovery="40 €")), {"terms.penalties", "terms.discount"}),
    (replace(invoice(), buyer=replace(COMPANY, siren="", siret="")), {"buyer.siren"}),
    (replace(invoice(), buyer=replace(COMPANY, vat_number="FR00552100554")), {"buyer.vat_number"}),
    (
        invoice(line(tax="r"), treatments=(("r", "reverse_charge", "0"),), buyer=replace(IRISH, vat_number="")),
        {"buyer.vat_number"},
    ),
    (
        invoice(line(tax="o"), line(tax="s"), treatments=(("o", "outside", "0"), ("s", "standard", "20")), buyer=IRISH),
        {"taxes.outside_alone"},
    ),
    (invoice(line(tax="x"), treatments=(("x", "nothing", "0"),)), {"taxes.treatment"}),
    (invoice(line(tax="s"), treatments=(("s", "standard", "19"),)), {"taxes[s].rate"}),
    (invoice(line(tax="t"), treatments=(("t", "training", "20"),)), {"taxes[t].rate"}),
    (invoice(line(tax="s"), treatments=(("s", "standard", "0"),)), {"taxes[s].rate"}),
    (replace(invoice(), lines=(line(), line("1.00"))), {"sum.standard"}),
    (replace(MIXED, net=MIXED.net + 1), {"sum.net", "sum.gross"}),
    (replace(MIXED, tax=MIXED.tax + 1, gross=MIXED.gross + 1), {"sum.tax", "sum.dues"}),
    (replace(invoice(), paid=D("1200.01")), {"sum.paid", "sum.dues", "amounts"} - {"amounts"}),
    (replace(invoice(), dues=(Due(on=date(2026, 12, 30), amount=D("1.00")),)), {"sum.dues"}),
    (replace(invoice(), dues=()), {"dues"}),
    (replace(invoice(), payment=replace(BANK, iban="FR7630006000011234567890188")), {"payment.iban"}),
    (replace(invoice(), payment=replace(BANK, iban="")), {"payment.iban"}),
    (replace(paid(invoice()), payment=BANK), {"payment.paid_on"}),
    (invoice(replace(line("10.00", quantity="3"), unit_net=D("3.5"))), {"lines[0].net"}),
    (invoice(replace(line(), name=" \x01\u200b")), {"lines[0].name"}),
    (invoice(replace(line(), unit="foo")), {"lines[0].unit"}),
    (replace(invoice(), seller=replace(SELLER, siren="732 829 320")), {"seller.siren"}),
    (replace(invoice(), buyer=replace(COMPANY, country="FRA")), {"buyer.country"}),
    (replace(invoice(), buyer=replace(COMPANY, electronic_scheme="abc")), {"buyer.electronic_scheme"}),
    (replace(invoice(), payment=replace(BANK, means="999")), {"payment.means"}),
    (replace(invoice(), payment=replace(BANK, iban="FR76 3000 6000 0112 3456 7890 189")), {"payment.iban"}),
    (replace(invoice(), currency="€"), {"currency"}),
    (replace(invoice(), notes=("",)), {"notes"}),
    (replace(invoice(), look=Look(accent="red; }")), {"look.accent"}),
    (invoice(replace(line(), starts_on=date(2026, 12, 2), ends_on=date(2026, 12, 1))), {"lines[0].ends_on"}),
]


@pytest.mark.parametrize(("one", "found"), BAD)
def test_a_fault_is_named(one, found):
    assert found <= set(faults(one))
    with pytest.raises(BadInvoice) as refusal:
        check("invoice", one)
    assert found <= set(refusal.value.faults)


def test_faults_of_kinds():
    assert "earlier" in faults(invoice(), "final")
    assert faults(invoice(), "receipt") == ["sum.paid"]
    assert faults(paid(invoice()), "receipt") == []


def test_amounts_have_cents_at_most_and_are_numbers():
    for amount in (D("0.001"), D("-1"), D("NaN"), D("Infinity"), D("1E12")):
        one = replace(invoice(), dues=(Due(on=date(2026, 12, 30), amount=amount),))
        assert "amounts" in faults(one)


class TestPlainValues:
    @pytest.mark.parametrize("name", EVERY)
    def test_are_read_back_as_they_were(self, name):
        one = EVERY[name][1]

        assert from_data(json.loads(json.dumps(as_data(one)))) == one

    def test_have_the_buyers_address_in_lower_case(self):
        one = replace(invoice(), buyer=replace(COMPANY, email="Compta@Eluard.example"))

        assert as_data(one)["buyer"]["email"] == "compta@eluard.example"

    def test_of_an_older_release_may_lack_newer_fields(self):
        data = as_data(invoice())
        del data["notes"], data["look"], data["seller"]["phone"]

        assert from_data(data).notes == ()

    @pytest.mark.parametrize("data", [{}, {"lines": 1}, as_data(invoice()) | {"gross": "x"}])
    def test_of_no_invoice_are_refused(self, data):
        with pytest.raises((BaseValidationError, ArithmeticError)):
            check_data("invoice", data)

    @given(
        nets=st.lists(st.decimals(min_value=0, max_value=10**6, places=2), min_size=1, max_size=8),
        quantity=st.integers(1, 1000),
    )
    def test_lines_of_any_price_agree(self, nets, quantity):
        lines = tuple(line(str(net), quantity=str(quantity)) for net in nets)
        one = invoice(*lines)

        assert faults(one) == ([] if one.gross else ["sum.gross", *(["payment.paid_on"] if not one.due else [])])
        assert from_data(as_data(one)).lines == lines
        assert all(isinstance(each, Line) for each in from_data(as_data(one)).lines)


class TestTreatments:
    """No stylesheet notices a wrong VATEX code: the table is compared with the law's own, written a second time."""

    def test_say_category_code_and_mention(self):
        assert {name: (each.category, each.vatex, each.fr) for name, each in TREATMENTS.items()} == {
            "standard": ("S", "", ""),
            "training": ("E", "VATEX-FR-CGI261-4", "Exonération de TVA, art. 261-4-4° a du CGI"),
            "non_profit": ("E", "VATEX-FR-CGI261-7", "Exonération de TVA, art. 261-7-1° du CGI"),
            "franchise": ("E", "VATEX-FR-FRANCHISE", "TVA non applicable, art. 293 B du CGI"),
            "reverse_charge": ("AE", "VATEX-EU-AE", "Autoliquidation"),
            "export": ("G", "VATEX-EU-G", "Exonération de TVA, art. 262 I du CGI"),
            "outside": ("O", "VATEX-EU-O", "TVA non applicable, art. 259-1° du CGI"),
        }

    def test_all_but_the_standard_one_have_reasons_in_both_languages(self):
        for name, each in TREATMENTS.items():
            assert bool(each.vatex) == bool(each.article) == bool(each.fr) == bool(each.en) == (name != "standard")

    def test_exempt_acts_are_outside_of_e_invoicing(self):
        assert {name for name, each in TREATMENTS.items() if each.e_invoicing == "none"} == {"training", "non_profit"}

    def test_rates_are_those_of_the_french_rules(self):
        assert {"20", "10", "5.5", "2.1", "8.5"} <= RATES
        assert "19" not in RATES
