"""E-invoices: Factur-X (CII) and UBL, of profile EN 16931, written by the library `factur-x`."""

from __future__ import annotations

from documents.invoices.business_terms import business_terms
from documents.invoices.values import Invoice
from documents.issued.templates import Issued

LEVEL = "en16931"
_NIL = b' xsi:nil="true"'


def cii(issued: Issued, invoice: Invoice) -> bytes:
    """Return the XML that Factur-X embeds, valid by its XSD. Raises what the library raises for data that is not."""
    return _written(issued, invoice, flavor="factur-x")


def ubl(issued: Issued, invoice: Invoice) -> bytes:
    """Return the same invoice as UBL 2.1."""
    return _written(issued, invoice, flavor="ubl-2.1")


def _written(issued: Issued, invoice: Invoice, *, flavor: str) -> bytes:
    # Loaded only where files are made: it brings readers of PDF along.
    from facturx import generate_xml, xml_check_xsd

    terms = business_terms(issued, invoice)
    xml = generate_xml(terms, flavor=flavor, level=LEVEL, check_xsd=False, check_schematron=False)
    # Of an element without parts, such as a delivery without a day, the library says a thing that the XSD refuses.
    xml = bytes(xml).replace(_NIL, b"")
    xml_check_xsd(xml, flavor=_checked_as(flavor, issued), level=LEVEL)
    return xml


def _checked_as(flavor: str, issued: Issued) -> str:
    if flavor == "factur-x":
        return flavor
    return f"{flavor}-creditnote" if issued.kind == "credit_note" else f"{flavor}-invoice"
