"""PDF of documents: archivable, accessible, the same bytes each time, and whatever somebody is called."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from documents.invoices.codes import is_blank
from documents.invoices.page import page_of
from documents.invoices.template import make
from documents.invoices.values import Earlier, Invoice, Look
from documents.pdf.printing import NotPrinted, print_page
from tests.documents.invoices.given import COMPANY, EVERY, as_issued, invoice, line, paid

FX = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"


def printed(kind: str, one: Invoice, corrects: Any = None, *, language: str = "fr") -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(make(as_issued(kind, one, corrects, language=language))["pdf"]))


def metadata(pdf: pikepdf.Pdf) -> dict[str, str]:
    root = etree.fromstring(pdf.Root.Metadata.read_bytes())
    return {element.tag: element.text for element in root.iter() if element.text}


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", EVERY)
def test_every_kind_is_archivable_accessible_and_factur_x(name, language):
    kind, one, corrects = EVERY[name]
    files = make(as_issued(kind, one, corrects, language=language))
    pdf = pikepdf.open(io.BytesIO(files["pdf"]))

    said = metadata(pdf)
    assert said["{http://www.aiim.org/pdfa/ns/id/}part"] == "3"
    assert said["{http://www.aiim.org/pdfa/ns/id/}conformance"] == "A"
    assert said["{http://www.aiim.org/pdfua/ns/id/}part"] == "1"
    assert (said[f"{FX}ConformanceLevel"], said[f"{FX}DocumentFileName"]) == ("EN 16931", "factur-x.xml")
    assert str(pdf.Root.Lang) == language
    assert pdf.Root.MarkInfo.Marked
    (embedded,) = pdf.Root.AF
    assert (embedded.AFRelationship, embedded.UF) == ("/Alternative", "factur-x.xml")
    assert embedded.EF.F.read_bytes() == files["xml"]
    assert set(files) == {"pdf", "xml", "ubl"}


@pytest.mark.parametrize("kind", ["proforma", "receipt"])
def test_a_pro_forma_and_a_receipt_have_no_xml(kind):
    files = make(as_issued(kind, paid(invoice())))

    assert set(files) == {"pdf"}
    pdf = pikepdf.open(io.BytesIO(files["pdf"]))
    assert "/AF" not in pdf.Root
    assert f"{FX}ConformanceLevel" not in metadata(pdf)


def test_the_same_data_makes_the_same_bytes():
    issued = as_issued(*EVERY["mixed"][:2])

    assert make(issued) == make(issued)


def test_forty_lines_take_two_pages():
    assert len(printed("invoice", invoice(*[line("25.50", name=f"Ligne {n}") for n in range(40)])).pages) == 2


@settings(max_examples=25)
@given(name=st.text(min_size=1, max_size=120).filter(lambda name: not is_blank(name)))
def test_nobody_is_called_so_that_it_fails(name):
    one = replace(invoice(line(name=name)), buyer=replace(COMPANY, name=name, street=name), notes=(name,))

    assert len(printed("invoice", one).pages) >= 1


MARKUP = '#read("/etc/passwd") *bold* $x$ <label> @ref \\ `code` // no // "quoted" #{1+1}'


def test_typed_markup_is_printed_as_it_was_typed():
    one = replace(invoice(), buyer=replace(COMPANY, name=MARKUP))
    page = page_of(as_issued("invoice", one), one)

    assert page["buyer"][0].replace("\u200b", "") == MARKUP
    assert len(printed("invoice", one).pages) == 1


def test_letters_that_were_written_otherwise_are_told():
    one = replace(invoice(), buyer=replace(COMPANY, name="株式会社"))

    said = page_of(as_issued("invoice", one, language="en"), one)["mentions"]
    assert said[-1].startswith("Some signs are written here in Latin letters; the file")
    assert not any(
        "Latin" in mention for mention in page_of(as_issued("invoice", invoice(), language="en"), invoice())["mentions"]
    )


def test_a_page_that_lacks_a_part_is_not_printed():
    with pytest.raises(NotPrinted):
        print_page("invoice-1", {"title": "x"}, day=date(2026, 11, 30))


class TestPage:
    def page(self, name: str, language: str = "fr") -> dict[str, Any]:
        kind, one, corrects = EVERY[name]
        return page_of(as_issued(kind, one, corrects, language=language), one)

    def test_titles_follow_kind_and_language(self):
        assert self.page("unpaid invoice")["title"] == "Facture F2026-17"
        assert self.page("credit note", "en")["title"] == "Credit note F2026-17"
        assert self.page("deposit")["title"] == "Facture d’acompte F2026-17"

    def test_amounts_are_written_as_readers_write_them(self):
        assert [total["amount"] for total in self.page("unpaid invoice")["totals"]] == [
            *("1\u202f000,00\xa0€", "200,00\xa0€", "1\u202f200,00\xa0€", "1\u202f200,00\xa0€"),
        ]
        assert self.page("mixed", "en")["lines"][1]["tax"] == "5.5%"
        assert self.page("mixed")["lines"][0]["tax"] == "exonéré"

    def test_a_transfer_has_its_code_and_money_paid_has_none(self):
        assert self.page("unpaid invoice")["qr"].startswith("<svg")
        assert self.page("paid invoice")["qr"] == ""
        assert self.page("credit note")["qr"] == ""

    def test_terms_between_professionals_are_not_told_to_consumers(self):
        assert any("40 €" in mention for mention in self.page("unpaid invoice")["mentions"])
        assert self.page("consumer")["mentions"] == []

    def test_an_exemption_says_its_article(self):
        assert self.page("training")["taxes"][0]["mention"] == "Exonération de TVA, art. 261-4-4° a du CGI"

    @pytest.mark.parametrize(
        ("colour", "printed"), [("#1d4ed8", "#1d4ed8"), ("#ffe066", "#1f2937"), ("#000000", "#000000")]
    )
    def test_a_colour_too_pale_for_white_letters_gives_way(self, colour, printed):
        one = replace(invoice(), look=Look(accent=colour))

        assert page_of(as_issued("invoice", one), one)["accent"] == printed

    def test_a_final_invoice_of_before_names_its_deposits_alone(self):
        _kind, final, _corrects = EVERY["final"]
        one = replace(final, earlier=(Earlier(number="F2026-00016", issued_on=date(2026, 11, 2)),))

        page = page_of(as_issued("final", one, language="en"), one)

        assert ["Deposit invoice", "F2026-00016 of November 2, 2026"] in page["facts"]

    def test_a_final_invoice_takes_its_deposits_off(self):
        page = self.page("final", "en")

        told = "F2026-00016 of November 2, 2026: €300.00 net, VAT 20%: €60.00"
        assert ["Deposit invoice", told] in page["facts"]
        assert [(total["name"], total["amount"]) for total in page["totals"]][-2:] == [
            ("Deposits paid", "-€360.00"),
            ("To pay", "€840.00"),
        ]
