"""Invoice in the business terms of EN 16931 (BT-1 …), as the French rules BR-FR ask for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from documents.invoices.treatments import TREATMENTS
from documents.invoices.values import Invoice, Line, Party, Tax
from documents.issued.templates import Issued

# UNTDID 1001.
TYPE_CODES = {"invoice": "380", "final": "380", "deposit": "386", "credit_note": "381"}
_NATURES = {"services": "S", "goods": "B", "both": "M"}
# The terms that BR-FR-05 wants in every invoice bind professionals alone.
_NOT_APPLICABLE = {"fr": "Sans objet : client particulier", "en": "Not applicable: private customer"}
_SIRET, _SIREN = "0009", "0002"
# XML has no sign for these, and no reader a use.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Terms = dict[str, Any]


def business_terms(issued: Issued, invoice: Invoice) -> Terms:
    """Return the terms by their keys, for a document of a kind with a type code. Raises KeyError for another."""
    terms: Terms = {
        "BT-1": issued.number,
        "BT-2": issued.issued_on,
        "BT-3": TYPE_CODES[issued.kind],
        "BT-5": invoice.currency,
        "BT-10": invoice.references.service_code,
        "BT-12": invoice.references.contract,
        "BT-13": invoice.references.purchase_order,
        "BT-14": invoice.references.order,
        "BT-23": process(issued.kind, invoice),
        "BG-1": list(_notes(invoice, issued.language)),
        "BG-3": [{"BT-25": number, "BT-26": day} for number, day in _earlier(issued, invoice)],
        "BG-4": _seller(invoice),
        "BG-7": _buyer(invoice),
        "BT-72": invoice.served_on or invoice.ends_on,
        "BT-73": invoice.starts_on,
        "BT-74": invoice.ends_on,
        "BG-23": [_tax(tax, issued.language) for tax in _told_apart(invoice.taxes)],
        "BG-25": [_line(place, line, invoice) for place, line in enumerate(invoice.lines, start=1)],
        **_totals(invoice),
        **_payment(issued, invoice),
    }
    return _clean({key: value for key, value in terms.items() if value not in ("", None, [])})


def process(kind: str, invoice: Invoice) -> str:
    """Return BT-23: nature and state of payment. 1 is unpaid, 2 paid already, 4 final after a deposit."""
    is_open = invoice.due or kind == "credit_note"
    return _NATURES[invoice.nature] + ("4" if kind == "final" else "1" if is_open else "2")


def _notes(invoice: Invoice, language: str) -> Iterator[Terms]:
    coded = {"PMT": invoice.terms.recovery, "PMD": invoice.terms.penalties, "AAB": invoice.terms.discount}
    for code, text in coded.items():
        if text or invoice.is_french:
            yield {"BT-21": code, "BT-22": text or _NOT_APPLICABLE[language]}
    if invoice.is_french:
        yield {"BT-21": "BAR", "BT-22": audience(invoice)}
    yield from ({"BT-22": note} for note in invoice.notes)


def audience(invoice: Invoice) -> str:
    """Return the note `BAR`: between whom the sale is. Public bodies are business; INT is outside of France."""
    between = "B2C" if invoice.buyer_kind == "consumer" else "B2B"
    return between if invoice.buyer.country == invoice.seller.country else f"{between}INT"


def _earlier(issued: Issued, invoice: Invoice) -> Iterator[tuple[str, date]]:
    if issued.corrects is not None:
        yield issued.corrects
    yield from ((each.number, each.issued_on) for each in invoice.earlier)


def _seller(invoice: Invoice) -> Terms:
    seller = invoice.seller
    info = [seller.legal_line]
    if seller.activity_number:
        info.append(f"NDA {seller.activity_number}")
    party = _party(seller, allows_vat=_allows_vat(invoice))
    party["legal_info"] = " – ".join(each for each in info if each)
    # BR-S-02 and its sisters: without a VAT number the SIREN is the tax registration.
    if _allows_vat(invoice) and not seller.vat_number:
        party["tax_identifier"] = seller.siren
    return party


def _buyer(invoice: Invoice) -> Terms:
    return _party(invoice.buyer, allows_vat=_allows_vat(invoice))


def _allows_vat(invoice: Invoice) -> bool:
    """Tell whether VAT numbers may stand in the document: not where it is outside of VAT (BR-O-02)."""
    return all(TREATMENTS[tax.treatment].category != "O" for tax in invoice.taxes)


def _party(party: Party, *, allows_vat: bool) -> Terms:
    address = party.electronic_address or party.siren
    terms: Terms = {
        "name": party.name,
        "identifiers": {_SIRET: party.siret} if party.siret else {},
        "legal_identifier": party.siren,
        "legal_identifier_schemeid": _SIREN if party.siren else "",
        "vat_identifier": party.vat_number if allows_vat else "",
        "addr_l1": party.street,
        "postcode": party.postal_code,
        "city": party.city,
        "country_code": party.country,
    }
    if address:
        terms |= {"einvoicing_addr": address, "einvoicing_addr_schemeid": party.electronic_scheme}
    elif party.email:
        terms |= {"einvoicing_addr": party.email, "einvoicing_addr_schemeid": "EM"}
    contact = {"name": party.contact, "phone": party.phone, "email": party.email}
    if any(contact.values()):
        terms["contacts"] = [{key: value for key, value in contact.items() if value}]
    return {key: value for key, value in terms.items() if value}


def _told_apart(taxes: Iterable[Tax]) -> Iterable[Tax]:
    """Return one tax for each treatment and rate: the standard knows no countries (BR-S-08 and its sisters)."""
    together: dict[tuple[str, Decimal], Tax] = {}
    for tax in taxes:
        found = together.setdefault((tax.treatment, tax.rate), tax)
        if found is not tax:
            together[tax.treatment, tax.rate] = replace(found, net=found.net + tax.net, tax=found.tax + tax.tax)
    return together.values()


def _tax(tax: Tax, language: str) -> Terms:
    treatment = TREATMENTS[tax.treatment]
    terms: Terms = {
        "BT-116": f"{tax.net:.2f}",
        "BT-117": f"{tax.tax:.2f}",
        "BT-118": treatment.category,
        "BT-120": tax.mention or treatment.mention(language),
        "BT-121": treatment.vatex,
    }
    if treatment.category != "O":
        terms["BT-119"] = _number(tax.rate)
    return {key: value for key, value in terms.items() if value}


def _line(place: int, line: Line, invoice: Invoice) -> Terms:
    tax = next(each for each in invoice.taxes if each.key == line.tax)
    category = TREATMENTS[tax.treatment].category
    terms: Terms = {
        "BT-126": str(place),
        "BT-129": _number(line.quantity),
        "BT-130": line.unit,
        "BT-131": f"{line.net:.2f}",
        "BT-134": line.starts_on,
        "BT-135": line.ends_on,
        "BT-146": _number(line.unit_net),
        "BT-151": category,
        "BT-153": line.name,
        "BT-154": line.description,
    }
    if category != "O":
        terms["BT-152"] = _number(tax.rate)
    return {key: value for key, value in terms.items() if value not in ("", None)}


def _totals(invoice: Invoice) -> Terms:
    return {
        "BT-106": f"{invoice.net:.2f}",
        "BT-109": f"{invoice.net:.2f}",
        "BT-110": f"{invoice.tax:.2f}",
        "BT-112": f"{invoice.gross:.2f}",
        "BT-113": f"{invoice.paid:.2f}",
        "BT-115": f"{invoice.due:.2f}",
    }


def _payment(issued: Issued, invoice: Invoice) -> Terms:
    payment = invoice.payment
    terms: Terms = {"BT-9": invoice.dues[-1].on if invoice.dues else None}
    if len(invoice.dues) > 1:
        terms["BT-20"] = "; ".join(f"{due.amount:.2f} {invoice.currency} {due.on.isoformat()}" for due in invoice.dues)
    if payment is None:
        return terms
    if not invoice.due:
        terms["BT-9"] = payment.paid_on or terms["BT-9"]
    return terms | {
        "BT-81": payment.means,
        "BT-82": payment.label,
        "BT-83": payment.reference,
        "BT-84": payment.iban,
        "BT-85": payment.account_name if payment.iban else "",
        "BT-86": payment.bic if payment.iban else "",
    }


def _number(value: Decimal) -> str:
    """Write a number without an exponent and without zeros at its end."""
    return f"{value.normalize():f}"


def _clean(value: Any) -> Any:
    """Return terms whose texts hold only signs that XML has."""
    match value:
        case str():
            return _UNWRITABLE.sub("", value)
        case list():
            return [_clean(each) for each in value]
        case dict():
            return {key: _clean(each) for key, each in value.items()}
    return value
