"""Invoice as plain values, and the one spelling in which documents freeze it.

Amounts are Decimals in the invoice's currency. The document adds number, kind, day and what it corrects.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from documents.invoices.treatments import FRENCH

if TYPE_CHECKING:
    from cattrs import Converter

Nature = Literal["services", "goods", "both"]
BuyerKind = Literal["business", "consumer", "public"]
# UNTDID 4461.
TRANSFER, CARD, DEBIT = "58", "48", "59"


@dataclass(frozen=True, kw_only=True)
class Party:
    """Seller or buyer. `legal_line` names legal form, capital and register; `activity_number` is the NDA.

    `country` is ISO 3166 alpha-2. `electronic_address` is where e-invoices go, in the scheme of `electronic_scheme`.
    """

    name: str
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = "FR"
    siren: str = ""
    siret: str = ""
    vat_number: str = ""
    email: str = ""
    phone: str = ""
    contact: str = ""
    legal_line: str = ""
    activity_number: str = ""
    electronic_address: str = ""
    electronic_scheme: str = "0225"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line. `unit_net` has at most six decimals; `net` is its rounded share, which the total is the sum of.

    `tax` names one of the invoice's taxes. `unit` is of UN/ECE Rec 20: `C62` a piece, `HUR` an hour, `DAY` a day.
    """

    name: str
    quantity: Decimal
    unit_net: Decimal
    net: Decimal
    tax: str
    unit: str = "C62"
    description: str = ""
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Tax:
    """Sum of the lines of one tax. `treatment` is a key of `documents.invoices.treatments`; `rate` is in percent.

    `mention` is printed and is BT-120; without one the treatment's own, in the document's language. `country` (ISO 3166
    alpha-2) is that of a foreign rate, "" for the seller's own.
    """

    key: str
    treatment: str
    rate: Decimal
    net: Decimal
    tax: Decimal
    mention: str = ""
    country: str = ""

    def is_french(self, seller: Party) -> bool:
        """Tell whether French VAT is charged, or none."""
        return not self.rate or (self.country or seller.country) in FRENCH


@dataclass(frozen=True, kw_only=True)
class Due:
    """Part of the total and the last day on which it is to be paid."""

    on: date
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Payment:
    """Way to pay: `means` of UNTDID 4461. `paid_on` is the day on which the last of it was paid."""

    means: str
    reference: str = ""
    account_name: str = ""
    iban: str = ""
    bic: str = ""
    label: str = ""
    paid_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class References:
    """The buyer's words: `service_code` (BT-10), `purchase_order` or commitment (BT-13), `contract` (BT-12).

    `order` is the seller's own number of the order.
    """

    order: str = ""
    service_code: str = ""
    purchase_order: str = ""
    contract: str = ""


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """A deposit invoice that a final invoice deducts. `taxes` are those of what is deducted; older documents have
    none."""

    number: str
    issued_on: date
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Terms between professionals: lump sum for recovery (`PMT`), late penalties (`PMD`), early payment (`AAB`)."""

    recovery: str = ""
    penalties: str = ""
    discount: str = ""


@dataclass(frozen=True, kw_only=True)
class Look:
    """Appearance: `accent` a colour such as `#1d4ed8`, `footer` free text, `logo` the digest of a kept picture."""

    accent: str = "#1f2937"
    footer: str = ""
    logo: str = ""


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """All that an invoice, deposit invoice, credit note, pro-forma invoice or receipt says.

    Amounts of a credit note are positive, as of what it takes back. `paid` is what the ledger has of it; `served_on`,
    or the days from `starts_on` to `ends_on`, tell when the service was or is rendered.
    """

    seller: Party
    buyer: Party
    buyer_kind: BuyerKind
    nature: Nature
    currency: str
    lines: tuple[Line, ...]
    taxes: tuple[Tax, ...]
    net: Decimal
    tax: Decimal
    gross: Decimal
    paid: Decimal = Decimal("0.00")
    payment: Payment | None = None
    dues: tuple[Due, ...] = ()
    references: References = References()
    earlier: tuple[Earlier, ...] = ()
    terms: Terms = Terms()
    look: Look = Look()
    notes: tuple[str, ...] = ()
    served_on: date | None = None
    starts_on: date | None = None
    ends_on: date | None = None

    @property
    def due(self) -> Decimal:
        return self.gross - self.paid

    @property
    def is_french(self) -> bool:
        """Tell whether French rules of e-invoices hold: not where the tax of another country is charged, which is
        declared there (one-stop shop, directive 2006/112/EC, 369a and following)."""
        return all(tax.is_french(self.seller) for tax in self.taxes)


def as_data(invoice: Invoice) -> dict[str, Any]:
    """Return plain values for `issue`: amounts as texts, days as ISO dates. The buyer's e-mail in lower case."""
    data: dict[str, Any] = _converter().unstructure(invoice)
    data["buyer"]["email"] = data["buyer"]["email"].lower()
    return data


def from_data(data: Any) -> Invoice:
    """Return the invoice that plain values are of. Values of an older release may lack newer fields.

    Raises cattrs' errors for anything else.
    """
    return _converter().structure(data, Invoice)


@cache
def _converter() -> Converter:
    # Loaded only where documents are issued and made.
    from cattrs import Converter

    converter = Converter(unstruct_collection_overrides={tuple: list})
    converter.register_unstructure_hook(Decimal, str)
    converter.register_structure_hook(Decimal, lambda value, _type: Decimal(value))
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_structure_hook(date, lambda value, _type: date.fromisoformat(value))
    return converter
