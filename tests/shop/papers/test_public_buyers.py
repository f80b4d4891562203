"""Invoices of public bodies, as Chorus Pro asks for them: SIRET, service code (BT-10) and commitment number (BT-13)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from lxml import etree

from documents.issued.files import content_of, make_files
from documents.issued.models import Document
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.papers.given import SIRET

pytestmark = pytest.mark.django_db


def test_the_xml_of_a_public_buyer_carries_siret_service_code_and_commitment_number(seller):
    order = place(
        make_cart(EntryFactory(tiers={1: "100.00"}, tax=TaxFactory())),
        register_number=SIRET, is_public_body=True, service_code="SERVICE-7", commitment_number="EJ-2026-118",
    )  # fmt: skip
    pay(order)
    document = Document.objects.get(order_id=order.pk)
    make_files(document_id=document.pk)

    xml = etree.fromstring(content_of(document, "xml"))

    def text(path: str) -> str | None:
        return xml.findtext(path)

    assert text(".//{*}ApplicableHeaderTradeAgreement/{*}BuyerReference") == "SERVICE-7"
    assert text(".//{*}BuyerOrderReferencedDocument/{*}IssuerAssignedID") == "EJ-2026-118"
    [siret] = xml.iterfind(".//{*}BuyerTradeParty/{*}GlobalID")
    assert (siret.text, siret.get("schemeID")) == (SIRET, "0009")
    assert text(".//{*}BuyerTradeParty/{*}SpecifiedLegalOrganization/{*}ID") == SIRET[:9]
    assert Decimal(text(".//{*}GrandTotalAmount") or 0) == order.gross
