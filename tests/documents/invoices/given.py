"""Invoices for tests: one of each kind, and one of each treatment of VAT."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from documents.invoices.values import (
    CARD,
    TRANSFER,
    Due,
    Earlier,
    Invoice,
    Line,
    Party,
    Payment,
    References,
    Tax,
    Terms,
)
from documents.issued.templates import Issued

DAY = date(2026, 11, 30)
D = Decimal
SELLER = Party(
    name="Formations Amphi SAS", street="12 rue des Écoles", postal_code="69001", city="Lyon",
    siren="732829320", siret="73282932000074", vat_number="FR44732829320", email="facturation@amphi.example",
    phone="+33 4 72 00 00 00", contact="Service comptabilité",
    legal_line="SAS au capital de 10 000 €, RCS Lyon 732 829 320", activity_number="82 69 12345 69",
    electronic_address="732829320",
)  # fmt: skip
COMPANY = Party(
    name="Éluard & Fils", street="3 place du Marché", postal_code="75011", city="Paris", siren="552100554",
    siret="55210055400013", vat_number="FR96552100554", email="compta@eluard.example", electronic_address="552100554",
)  # fmt: skip
PERSON = Party(name="Alice Dupont", street="1 rue Haute", postal_code="35000", city="Rennes", email="alice@example.com")
TERMS = Terms(
    recovery="Indemnité forfaitaire pour frais de recouvrement : 40 €",
    penalties="Pénalités de retard : trois fois le taux d’intérêt légal",
    discount="Pas d’escompte pour paiement anticipé",
)
BANK = Payment(
    means=TRANSFER, reference="F2026-00017", account_name="Formations Amphi SAS", iban="FR7630006000011234567890189",
    bic="AGRIFRPP", label="Virement",
)  # fmt: skip
PAID = Payment(means=CARD, label="Carte bancaire", paid_on=DAY)


def line(net: str = "1000.00", *, quantity: str = "1", tax: str = "standard", **changes: Any) -> Line:
    unit = (D(net) / D(quantity)).quantize(D("0.000001"))
    values: dict[str, Any] = {"name": "Habilitation électrique", "quantity": D(quantity), "unit_net": unit}
    return Line(**(values | {"net": D(net), "tax": tax, "starts_on": DAY, "ends_on": DAY} | changes))


def invoice(*lines: Line, treatments: tuple[tuple[str, str, str], ...] = (), **changes: Any) -> Invoice:
    """Return an invoice of lines, by their tax: key, treatment and rate; unpaid and due in 30 days."""
    lines = lines or (line(quantity="4"),)
    taxes = []
    for key, treatment, rate in treatments or (("standard", "standard", "20"),):
        net = sum((each.net for each in lines if each.tax == key), D(0))
        taxes.append(
            Tax(key=key, treatment=treatment, rate=D(rate), net=net, tax=(net * D(rate) / 100).quantize(D("0.01")))
        )
    net, tax = sum((each.net for each in taxes), D(0)), sum((each.tax for each in taxes), D(0))
    values: dict[str, Any] = {
        "seller": SELLER, "buyer": COMPANY, "buyer_kind": "business", "nature": "services", "currency": "EUR",
        "lines": lines, "taxes": tuple(taxes), "net": net, "tax": tax, "gross": net + tax, "payment": BANK,
        "dues": (Due(on=date(2026, 12, 30), amount=net + tax),), "terms": TERMS, "starts_on": DAY, "ends_on": DAY,
        "references": References(order="AMP-1234-5678"),
    }  # fmt: skip
    return Invoice(**(values | changes))


def paid(one: Invoice) -> Invoice:
    return replace(one, paid=one.gross, dues=(), payment=PAID)


def training(**changes: Any) -> Invoice:
    return invoice(line(tax="training"), treatments=(("training", "training", "0"),), **changes)


MIXED = invoice(
    line("1000.00", tax="training"),
    line("33.33", quantity="3", tax="books", name="Manuel", unit="C62"),
    line("100.00", tax="standard", name="Salle"),
    treatments=(("training", "training", "0"), ("books", "standard", "5.5"), ("standard", "standard", "20")),
    nature="both",
)
IRISH = replace(
    COMPANY, name="Murphy Ltd", city="Dublin", street="1 Main Street", postal_code="D02 AF30", country="IE", siren="",
    siret="", vat_number="IE6433435F", electronic_address="IE6433435F", electronic_scheme="9935",
)  # fmt: skip
SWISS = replace(
    IRISH, name="Zürcher AG", city="Zürich", postal_code="8001", country="CH", vat_number="", electronic_address="",
    email="rechnung@zuercher.example",
)  # fmt: skip
BERLINER = Party(
    name="Berta Beispiel", street="Hohe Str. 1", postal_code="10115", city="Berlin", country="DE",
    email="berta@beispiel.example",
)  # fmt: skip
CONSUMER = {"buyer_kind": "consumer", "terms": Terms()}


def abroad(one: Invoice, **countries: str) -> Invoice:
    """Return an invoice, paid, some of whose taxes are rates of other countries, by their keys."""
    return paid(replace(one, taxes=tuple(replace(tax, country=countries.get(tax.key, "")) for tax in one.taxes)))


# Name: kind of the document, the invoice, what it corrects.
EVERY: dict[str, tuple[str, Invoice, tuple[str, date] | None]] = {
    "unpaid invoice": ("invoice", invoice(), None),
    "paid invoice": ("invoice", paid(invoice()), None),
    "mixed": ("invoice", MIXED, None),
    "in parts": (
        "invoice",
        replace(invoice(), dues=(Due(on=date(2026, 12, 30), amount=D(400)), Due(on=date(2027, 1, 30), amount=D(800)))),
        None,
    ),
    "training": ("invoice", training(), None),
    "franchise": (
        "invoice",
        invoice(line(tax="f"), treatments=(("f", "franchise", "0"),), seller=replace(SELLER, vat_number="")),
        None,
    ),
    "reverse charge": (
        "invoice", invoice(line(tax="r"), treatments=(("r", "reverse_charge", "0"),), buyer=IRISH), None,
    ),
    "export": ("invoice", invoice(line(tax="e"), treatments=(("e", "export", "0"),), buyer=SWISS), None),
    "outside": ("invoice", invoice(line(tax="o"), treatments=(("o", "outside", "0"),), buyer=SWISS), None),
    "consumer": ("invoice", paid(invoice(buyer=PERSON, buyer_kind="consumer", terms=Terms())), None),
    "foreign rate": (
        "invoice",
        abroad(
            invoice(line("100.00", tax="de"), treatments=(("de", "standard", "19"),), buyer=BERLINER, **CONSUMER),
            de="DE",
        ),
        None,
    ),
    "two countries of one rate": (
        "invoice",
        abroad(
            invoice(
                line("100.00", tax="at"), line("50.00", tax="fr"), buyer=replace(BERLINER, country="AT"), **CONSUMER,
                treatments=(("at", "standard", "20"), ("fr", "standard", "20")),
            ),
            at="AT",
        ),
        None,
    ),
    "public": (
        "invoice",
        invoice(
            buyer_kind="public",
            references=References(order="AMP-1", service_code="SERV-7", purchase_order="ENG-2026-1", contract="M-3"),
        ),
        None,
    ),
    "deposit": ("deposit", paid(invoice(line("300.00", name="Acompte de 30 %"))), None),
    "final": (
        "final",
        replace(
            invoice(),
            paid=D("360.00"),
            dues=(Due(on=date(2026, 12, 30), amount=D("840.00")),),
            earlier=(
                Earlier(
                    number="F2026-00016",
                    issued_on=date(2026, 11, 2),
                    taxes=(Tax(key="S", treatment="standard", rate=D(20), net=D("300.00"), tax=D("60.00")),),
                ),
            ),
        ),
        None,
    ),
    "deposit of several codes": ("deposit", paid(MIXED), None),
    "deposit of training": ("deposit", paid(training()), None),
    "final, paid": (
        "final",
        replace(
            paid(invoice()),
            earlier=(Earlier(number="F2026-00016", issued_on=DAY), Earlier(number="F2026-15", issued_on=DAY)),
        ),
        None,
    ),
    "share of an OPCO": (
        "invoice",
        replace(
            invoice(line("111.11", name="Habilitation électrique", description="Part : 133,33 € sur 240,00 € TTC.")),
            buyer=replace(COMPANY, name="AKTO", vat_number="", email="", contact=""),
            references=References(order="AMP-1", purchase_order="F-2026-7"),
            notes=("Formation des salariés d’Éluard & Fils. Dossier : F-2026-7.",),
        ),
        None,
    ),
    "credit note": ("credit_note", replace(invoice(line("250.00")), dues=()), ("F2026-00017", DAY)),
    "credit note of training": ("credit_note", replace(training(), dues=()), ("F2026-00017", DAY)),
}  # fmt: skip


def as_issued(
    kind: str, one: Invoice, corrects: tuple[str, date] | None = None, *, language: str = "fr", number: str = "F2026-17"
) -> Issued:
    from documents.invoices.values import as_data

    return Issued(
        number=number, kind=kind, issued_on=DAY, language=language, version=1, data=as_data(one), corrects=corrects
    )
