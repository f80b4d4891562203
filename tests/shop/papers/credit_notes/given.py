"""Orders with their invoices, units given back, and the sums that must agree."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils import timezone

from documents.invoices.values import Invoice, from_data
from documents.issued.models import Document
from shop.orders.giving_back.services import GivenBack, give_units_back
from shop.orders.models import Order
from shop.papers.credit_notes.rests import rests_of
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.promises import accept_promise
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import deliver, fill_cart, make_cart, pay, place
from tests.shop.papers.given import SIRET


def sold(*prices: str, quantity: int = 3, rates: tuple[str, ...] = (), **details: object) -> Order:
    """Return a paid and delivered order of a company: so many units of an entry for each price, net."""
    order = ordered(*prices, quantity=quantity, rates=rates, **details)
    pay(order)
    return deliver(order)


def promised(*prices: str, due_on: date) -> Order:
    """Return an order like `sold`, whose money is promised until a day."""
    order = ordered(*prices)
    told = {
        "kind": PaymentRequest.Promise.ON_ACCOUNT,
        "reference": "",
        "due_on": due_on,
        "actor": UserFactory(is_staff=True),
    }
    accept_promise(order_id=order.pk, now=timezone.now(), **told)
    return deliver(order)


def ordered(*prices: str, quantity: int = 3, rates: tuple[str, ...] = (), **details: object) -> Order:
    """Return such an order before it is paid."""
    rates = rates or ("20.00",) * len(prices)
    entries = [
        EntryFactory(tiers={1: price}, tax=TaxFactory(rate=rate)) for price, rate in zip(prices, rates, strict=True)
    ]
    cart = make_cart(entries[0], quantity=quantity)
    for other in entries[1:]:
        fill_cart(cart, other, quantity=quantity)
    return place(cart, **({"register_number": SIRET} | details))


def give_back(order: Order, *places: int, line: int = 0, amount: str | None = None, **options: object) -> GivenBack:
    """Give units of a line back, by their place from 0."""
    line_id = order.lines.order_by("position")[line].pk
    given = {"reason": "Asked for", "now": timezone.now()} | options
    if "actor" not in given:
        given["actor"] = UserFactory(is_staff=True)
    return give_units_back(
        order_id=order.pk,
        units={line_id: places},
        amount=None if amount is None else Decimal(amount),
        **given,
    )


def invoice_of(order: Order) -> Document:
    return Document.objects.get(order_id=order.pk, kind="invoice")


def credit_notes_of(order: Order) -> list[Document]:
    return list(Document.objects.filter(order_id=order.pk, kind="credit_note").order_by("pk"))


def said_by(document: Document) -> Invoice:
    return from_data(document.data)


def left_by_line(order: Order) -> dict[int, Decimal]:
    """Return what the invoices of an order still say of each line, tax included, by its place from 0."""
    lines = list(order.lines.order_by("position").values_list("pk", flat=True))
    rests = rests_of(order.pk).values()
    return {
        place: sum((of_invoice[key].gross for of_invoice in rests if key in of_invoice), Decimal(0))
        for place, key in enumerate(lines)
    }
