"""Template `invoice`: PDF and XML of invoices, deposit invoices and credit notes; PDF of pro-formas and receipts."""

from __future__ import annotations

from datetime import date

from documents.invoices import checking
from documents.invoices.business_terms import TYPE_CODES
from documents.invoices.page import page_of
from documents.invoices.values import Invoice, from_data
from documents.invoices.xml import cii, ubl
from documents.issued.templates import TEMPLATES, Issued, Plain, Template
from documents.pdf.printing import print_page

VERSION = 1


def check(kind: str, data: Plain) -> None:
    """Raise BadInvoice for an invoice that may not be issued, and cattrs' errors for what is none."""
    checking.check(kind, from_data(data))


def make(issued: Issued) -> dict[str, bytes]:
    """Return `pdf`; of a kind that is an e-invoice also `xml`, which lies in the PDF as well, and `ubl`."""
    invoice = from_data(issued.data)
    xml = cii(issued, invoice) if issued.kind in TYPE_CODES else b""
    pdf = print_page(f"invoice-{issued.version}", page_of(issued, invoice), day=issued.issued_on, xml=xml)
    return {"pdf": pdf, "xml": xml, "ubl": ubl(issued, invoice)} if xml else {"pdf": pdf}


def preview(invoice: Invoice, *, number: str, language: str, day: date) -> bytes:
    """Return the PDF of an invoice that is not issued, as the newest version of the template makes it; without XML."""
    issued = Issued(
        number=number, kind="invoice", issued_on=day, language=language, version=VERSION, data={}, corrects=None
    )
    return print_page(f"invoice-{VERSION}", page_of(issued, invoice), day=day)


def register() -> None:
    TEMPLATES.register("invoice", Template(name="invoice", version=VERSION, check=check, make=make))
