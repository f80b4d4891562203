"""Stories of the demo's papers: one of each kind, to buyers of each kind, taxed in each way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from common.moments import local_day
from common.postal import PostalAddress
from documents.invoices.values import from_data
from documents.issued.models import Document
from shop.orders.models import Order
from shop.papers.credit_notes.correcting import correct_document
from shop.papers.credit_notes.details import BillingDetails
from shop.papers.pro_forma import make_pro_forma
from shop.payments.on_account.services import buy_on_account
from shop.payments.requests.givers import Giver
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.planning import Part, divide, plan_payments
from shop.payments.requests.promises import accept_promise
from workbench.demo.shop import DemoShop
from workbench.demo.timeline import Story

OPCO = Giver(
    name="OPCO de démonstration",
    siret="55210055400013",
    street="14 rue Riquet",
    postal_code="75019",
    city="Paris",
)

TAKING_PART = tuple(
    {"role": "student", "email": f"{name}@lacombe.example", "first_name": first, "last_name": last}
    for name, first, last in (("bruno.lefevre", "Bruno", "Lefèvre"), ("aicha.ndiaye", "Aïcha", "Ndiaye"))
)


def stories_of_papers(shop: DemoShop) -> Iterator[Story]:
    """Yield the stories; invoices, credit notes and those of public bodies arise in the others."""
    yield _pro_forma(shop)
    yield _deposit_and_final_invoice(shop)
    yield _receipt(shop)
    yield _pair_of_opco(shop)
    yield _corrected(shop)
    yield _exempt(shop)
    yield from _of_other_countries(shop)


def _pro_forma(shop: DemoShop) -> Story:
    """Made before the order is paid; it was never paid since."""
    yield 9
    make_pro_forma(order_id=shop.orders["mistyped"].pk, actor=shop.merchant, now=shop.now)


def _deposit_and_final_invoice(shop: DemoShop) -> Story:
    """A deposit and the rest, both paid."""
    helene, nadia = shop.named("lacombe", "helene", "nadia")
    yield 58
    order = shop.place(shop.accounts["lacombe"], helene, nadia, ("PACK-10", 1, ()))
    yield 57
    parts = _planned(shop, order, deposit=30, days=25)
    yield 55
    shop.receive(order, "ACOMPTE PACK", amount=parts[0].amount)
    yield 33
    shop.receive(order, "SOLDE PACK", amount=parts[1].amount)
    shop.deliver(order)


def _receipt(shop: DemoShop) -> Story:
    """Bought on account, and paid in time."""
    yann, theo = shop.named("saint-aubin", "yann", "theo")
    yield 59
    order = shop.place(shop.accounts["aubin"], yann, theo, ("LIVRET-SST", 24, ()))
    buy_on_account(order_id=order.pk, actor=yann, now=shop.now)
    shop.deliver(order)
    yield 34
    shop.receive(order, "LIVRETS EN COMPTE")


def _pair_of_opco(shop: DemoShop) -> Story:
    """An OPCO has promised its share, the company has paid the other: an invoice for each."""
    paul, nadia = shop.named("lacombe", "paul", "nadia")
    yield 15
    order = shop.place(shop.accounts["lacombe"], paul, nadia, ("SIEGES-SECURITE", 10, ()))
    yield 14
    parts = _planned(shop, order, deposit=40, days=45)
    accept_promise(
        order_id=order.pk,
        kind=PaymentRequest.Promise.OPCO,
        reference="OPCO-2026-1042",
        due_on=parts[1].due_on,
        positions=[3],
        giver=OPCO,
        actor=shop.merchant,
        now=shop.now,
    )
    yield 12
    shop.receive(order, "PART ENTREPRISE", amount=parts[0].amount)
    shop.deliver(order)


def _corrected(shop: DemoShop) -> Story:
    """An invoice with the wrong name is taken back by a credit note, and issued anew."""
    yield 10
    order = shop.orders["pack"]
    wrong = Document.objects.get(order_id=order.pk, kind=Document.Kind.INVOICE)
    details = BillingDetails.of(from_data(wrong.data))
    correct_document(
        order_id=order.pk,
        document_id=wrong.pk,
        details=replace(details, name="Clinique Saint-Aubin – Service formation"),
        rest=order.gross,
        reason="Le service formation est facturé à part.",
        actor=shop.merchant,
        now=shop.now,
    )


def _exempt(shop: DemoShop) -> Story:
    """Vocational training, free of VAT."""
    helene, nadia = shop.named("lacombe", "helene", "nadia")
    yield 21
    order = shop.place(shop.accounts["lacombe"], helene, nadia, ("CONFLITS-SESSION", 2, TAKING_PART))
    yield 20
    shop.pay_and_deliver(order, "VIR CONFLITS 2")


def _of_other_countries(shop: DemoShop) -> Iterator[Story]:
    """Training online: to a Belgian company (reverse charge), a Belgian consumer (tax of their country), and a Swiss
    company (outside the scope of VAT)."""
    brussels = {"street": "12 rue Neuve", "postal_code": "1000", "city": "Bruxelles", "country": "BE"}
    yield _abroad(
        shop, "Ateliers du Midi SRL", "Anouk Peeters", brussels, day=27,
        register_number="0403170701", vat_id="BE0403170701",
    )  # fmt: skip
    yield _abroad(shop, "Lotte Maes", "Lotte Maes", brussels, day=24, is_organisation=False)
    lausanne = {"street": "5 rue du Lac", "postal_code": "1003", "city": "Lausanne", "country": "CH"}
    yield _abroad(
        shop, "Léman Services SA", "Reto Favre", lausanne, day=22, register_number="CHE-116.281.710"
    )  # fmt: skip


def _abroad(
    shop: DemoShop,
    company: str,
    name: str,
    where: dict[str, str],
    *,
    day: int,
    is_organisation: bool = True,
    **numbers: str,
) -> Story:
    yield day
    order = shop.place(
        None, None, None, ("EXCEL-SOLO", 1, ()), email=f"{name.split()[0].lower()}@demo.example", contact_name=name,
        is_organisation=is_organisation, address=PostalAddress(name=company, **where), **numbers,
    )  # fmt: skip
    yield day - 1
    shop.pay_and_deliver(order, f"VIR {company.upper()}"[:30])


def _planned(shop: DemoShop, order: Order, *, deposit: int, days: int) -> list[Part]:
    """Divide an order into a deposit and a rest that is due so many days later; return both."""
    first_on = local_day(shop.now) + timedelta(days=days)
    parts = divide(
        Decimal(order.gross),
        order.currency,
        deposit_percent=deposit,
        instalments=1,
        first_on=first_on,
        days_between=1,
    )
    plan_payments(order_id=order.pk, parts=parts, actor=shop.merchant, now=shop.now)
    return parts
