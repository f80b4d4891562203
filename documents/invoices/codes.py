"""Codes that readers of e-invoices know, and numbers in the one spelling in which they read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import ModuleType

from babel.numbers import list_currencies
from django_countries.data import COUNTRIES
from stdnum import iban as iban_numbers
from stdnum.eu import vat as vat_numbers
from stdnum.fr import siren as siren_numbers
from stdnum.fr import siret as siret_numbers

from documents.invoices.values import Invoice, Party

# UN/ECE Rec 20: piece, hour, day, week, month, year, lump sum.
UNITS = frozenset({"C62", "HUR", "DAY", "WEE", "MON", "ANN", "LS"})
# UNTDID 4461: cash, cheque, transfer, account, card, debit, standing order, SEPA transfer, SEPA debit, online service,
# clearing between partners, agreed otherwise.
MEANS = frozenset({"10", "20", "30", "42", "48", "49", "57", "58", "59", "68", "97", "ZZZ"})
_SCHEME = re.compile(r"0[0-2]\d\d|99\d\d|EM")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def faults_of_codes(invoice: Invoice) -> Iterator[str]:
    """Yield a fault for each code or number that some reader would refuse once it is issued."""
    for whose, party in (("seller", invoice.seller), ("buyer", invoice.buyer)):
        yield from _of_party(whose, party)
    if invoice.currency not in list_currencies():
        yield "currency"
    for place, line in enumerate(invoice.lines):
        if line.unit not in UNITS:
            yield f"lines[{place}].unit"
    payment = invoice.payment
    if payment is not None and payment.means not in MEANS:
        yield "payment.means"
    if payment is not None and payment.iban and not _is_compact(iban_numbers, payment.iban):
        yield "payment.iban"
    if not _COLOUR.fullmatch(invoice.look.accent):
        yield "look.accent"
    if any(is_blank(note) for note in invoice.notes):
        yield "notes"


def is_blank(text: str) -> bool:
    """Tell whether a text has no sign that somebody could read."""
    return not any(sign.isprintable() and not sign.isspace() for sign in text)


def _of_party(whose: str, party: Party) -> Iterator[str]:
    numbers = (
        ("siren", party.siren, siren_numbers),
        ("siret", party.siret, siret_numbers),
        ("vat_number", party.vat_number, vat_numbers),
    )
    for name, number, reader in numbers:
        if number and not _is_compact(reader, number):
            yield f"{whose}.{name}"
    if party.siret and party.siren and not party.siret.startswith(party.siren):
        yield f"{whose}.siret"
    if party.country not in COUNTRIES:
        yield f"{whose}.country"
    if party.electronic_address and not _SCHEME.fullmatch(party.electronic_scheme):
        yield f"{whose}.electronic_scheme"


def _is_compact(reader: ModuleType, number: str) -> bool:
    """Tell whether a number is valid, and written without spaces, dots and small letters."""
    return bool(reader.is_valid(number)) and number == reader.compact(number) and number.isascii()
