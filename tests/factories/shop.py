"""Carts and orders made as customers make them: through the services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from catalog.models.entries import Entry
from common.postal import PostalAddress
from outbox.jobs.running import run_due_jobs
from shop.cart.models import Cart
from shop.cart.pricing import price_cart
from shop.cart.services import add_to_cart, open_cart, save_units
from shop.checkout.draft import draft_order
from shop.checkout.parties import OrderDetails
from shop.checkout.place import Consent, Shown, place_order
from shop.orders.giving_back.units import units_given_back
from shop.orders.models import Order
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import attempt_told
from shop.payments.port import ProviderEvent
from shop.payments.providers.sandbox import bank
from shop.payments.services import settle

Answers = Mapping[str, Any]


def make_cart(
    entry: Entry,
    *,
    quantity: int = 1,
    units: Sequence[Answers] = (),
    user: User | None = None,
    now: datetime | None = None,
) -> Cart:
    """Make a cart with one line, and the answers of its first micro-forms."""
    cart = open_cart(token=None, user=user)
    fill_cart(cart, entry, quantity=quantity, units=units, user=user, now=now)
    return cart


def fill_cart(
    cart: Cart,
    entry: Entry,
    *,
    quantity: int = 1,
    units: Sequence[Answers] = (),
    user: User | None = None,
    now: datetime | None = None,
) -> None:
    """Add a line to a cart."""
    line = add_to_cart(cart=cart, entry=entry, quantity=quantity, user=user, now=now or timezone.now())
    if units:
        save_units(cart=cart, line_id=line.pk, answers=dict(enumerate(units)))


def shown_now(
    cart: Cart,
    *,
    user: User | None = None,
    account: CustomerAccount | None = None,
    operator: User | None = None,
    now: datetime | None = None,
    **details: Any,
) -> Shown:
    """Return the content of the cart's review, as shown now to who gives these details."""
    cart.refresh_from_db()
    moment = now or timezone.now()
    return Shown.of(
        draft_order(
            priced=price_cart(cart, user=user, now=moment),
            details=_details_for(account, operator, details),
            user=user,
            language="en",
            now=moment,
        )
    )


def _details_for(account: CustomerAccount | None, operator: User | None, details: Mapping[str, Any]) -> OrderDetails:
    keys = {"account_id": account.pk if account else None, "operator_id": operator.pk if operator else None}
    return order_details(**keys, **details)


def postal_address(**changes: str) -> PostalAddress:
    values = {"name": "Ateliers Roy", "street": "3 rue du Port", "postal_code": "44000", "city": "Nantes"}
    return PostalAddress(**(values | changes))


def order_details(**changes: Any) -> OrderDetails:
    values: dict[str, Any] = {
        "email": "buyer@example.org",
        "contact_name": "Camille Roy",
        "is_organisation": True,
        "address": postal_address(),
    }
    return OrderDetails(**(values | changes))


def place(
    cart: Cart,
    *,
    user: User | None = None,
    account: CustomerAccount | None = None,
    operator: User | None = None,
    shown: Shown | None = None,
    consent: Consent | None = None,
    visitor_key: str = "",
    now: datetime | None = None,
    is_proved: bool = True,
    **details: Any,
) -> Order:
    """Place the cart as its review shows it now; a visitor has proved the typed address by a mailed code
    unless `is_proved` is unset, and so holds as many places as there are."""
    moment = now or timezone.now()
    if shown is None:
        shown = shown_now(cart, user=user, account=account, operator=operator, now=moment, **details)
    return place_order(
        cart_token=cart.token,
        user=user,
        details=_details_for(account, operator, details),
        shown=shown,
        consent=consent or Consent(terms_id=None),
        language="en",
        visitor_key=visitor_key,
        now=moment,
        is_proved=is_proved,
    )


def success(order: Order, *, reference: str = "pay-1", event_id: str = "", **changes: Any) -> ProviderEvent:
    """Return a provider's notification that an order is paid."""
    values: dict[str, Any] = {
        "provider": "sandbox",
        "event_id": event_id or f"{order.number}:{reference}",
        "reference": f"{order.number}:{reference}",
        "kind": "succeeded",
        "order_number": order.number,
        "amount": order.gross,
        "currency": order.currency,
    }
    return ProviderEvent(**(values | changes))


def pay(order: Order, *, now: datetime | None = None, **changes: Any) -> str:
    """Settle an order and return the outcome."""
    return settle(event=success(order, **changes), now=now or timezone.now())


def units_left(order: Order) -> dict[int, list[int]]:
    """Return the units of an order not given back: their indexes by line id, lines in their order."""
    lines = list(order.lines.order_by("position"))
    gone = units_given_back(lines)
    return {line.pk: [index for index in range(line.quantity) if index not in gone[line.pk]] for line in lines}


def deliver(order: Order) -> Order:
    """Run the jobs that are due, as a worker does, and return the order read again."""
    run_due_jobs()
    order.refresh_from_db()
    return order


def euros(text: str) -> Decimal:
    return Decimal(text)


def charge_at_sandbox(order: Order, choice: str = "succeed", *, now: datetime | None = None) -> bank.Charge:
    """Make a charge for an order at the imaginary bank, as its page does; the shop does not know of it yet."""
    told = attempt_told(
        PaymentAttempt(order=order, provider="sandbox", amount=order.gross, currency=order.currency, begun_at=now)
    )
    return bank.charge(choice, of=bank.open_charge(told), now=now or timezone.now())
