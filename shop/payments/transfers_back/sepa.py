"""SEPA credit transfers as a file for a bank: pain.001.001.09."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from lxml import etree
from sepaxml import SepaTransfer
from sepaxml.validation import try_valid_xml

from common.currencies import in_minor_units
from shop.payments.refunds.models import Refund
from shop.payments.transfers_back.models import TransferFile
from shop.seller.models import ShopIdentity

SCHEMA = "pain.001.001.09"
_NAMESPACE = {"p": f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}"}


def end_to_end_of(refund: Refund) -> str:
    """Return the reference by which banks and statements name the transfer of a refund."""
    return f"R{refund.pk}-{refund.key.hex[:8].upper()}"


def file_of(file: TransferFile, refunds: Sequence[Refund], seller: ShopIdentity) -> bytes:
    """Return the file with a transfer for each refund, valid by the schema. Called again it returns the same bytes,
    while neither the refunds nor the seller's bank account change. Reads each refund's order and payee.

    Raises `sepaxml.validation.ValidationError`.
    """
    config = {"name": seller.name, "IBAN": _compact(seller.iban), "batch": True, "currency": "EUR"}
    if seller.bic:
        config["BIC"] = _compact(seller.bic)
    transfers = SepaTransfer(config, schema=SCHEMA, clean=True)
    for refund in refunds:
        assert refund.payee is not None  # required of transfers
        transfers.add_payment(
            {
                "name": refund.payee.holder,
                "IBAN": refund.payee.iban,
                "amount": in_minor_units(refund.amount, refund.currency),
                "execution_date": file.execute_on,
                "description": _text_of(refund),
                "endtoend_id": end_to_end_of(refund),
            }
        )
    written = _named_after(file, transfers.export(validate=False))
    try_valid_xml(written, SCHEMA)
    return written


def _text_of(refund: Refund) -> str:
    number = f" {refund.order.number}" if refund.order else ""
    return f"Remboursement{number} {end_to_end_of(refund)}"


def _named_after(file: TransferFile, written: bytes) -> bytes:
    """Replace what the library makes up at random, so that a file made again is known to be the same."""
    root = etree.fromstring(written, etree.XMLParser(resolve_entities=False, no_network=True))
    for path, text in (
        (".//p:GrpHdr/p:MsgId", file.message_id),
        (".//p:GrpHdr/p:CreDtTm", _moment(file.made_at)),
        (".//p:PmtInf/p:PmtInfId", file.message_id),
    ):
        for element in root.iterfind(path, _NAMESPACE):
            element.text = text
    for bank in root.iterfind(".//p:DbtrAgt/p:FinInstnId", _NAMESPACE):
        if not len(bank):
            other = etree.SubElement(bank, f"{{{_NAMESPACE['p']}}}Othr")
            etree.SubElement(other, f"{{{_NAMESPACE['p']}}}Id").text = "NOTPROVIDED"
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _compact(text: str) -> str:
    return "".join(text.split()).upper()
