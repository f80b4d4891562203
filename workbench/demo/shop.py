"""Acts in the demo's shop, by the services behind its pages, each at the moment of the clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from catalog.models.entries import Entry
from enrolments.courses.models import Course
from shop.cart.micro_forms import FIELDS
from shop.cart.pricing import price_cart
from shop.cart.services import add_to_cart, open_cart, save_units
from shop.checkout.draft import draft_order
from shop.checkout.parties import OrderDetails
from shop.checkout.place import Consent, Shown, place_order
from shop.orders.fulfilment import fulfil_line
from shop.orders.giving_back.services import give_units_back
from shop.orders.models import Order
from shop.payments import services as payments
from shop.payments.attempts.services import attempt_told, start_payment
from shop.payments.providers.sandbox import bank
from shop.payments.providers.sandbox.jobs import notify
from shop.payments.providers.sandbox.provider import provider as sandbox
from shop.payments.services import choose_method, confirm_received
from shop.seller.models import LegalText
from workbench.demo.timeline import Clock

Units = Sequence[dict[str, str]]


@dataclass
class DemoShop:
    """Shop with its people; `orders` are those that other stories go on with, by name. The merchant's own acts are
    those of `merchant`."""

    people: dict[str, User]
    accounts: dict[str, CustomerAccount]
    entries: dict[str, Entry]
    courses: dict[str, Course]
    clock: Clock
    orders: dict[str, Order] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.clock.now

    @property
    def merchant(self) -> User:
        return self.people["merchant@demo.example"]

    def named(self, company: str, *names: str) -> Iterable[User]:
        """Return people of a company by their first names."""
        return (self.people[f"{name}@{company}.example"] for name in names)

    def place(
        self,
        account: CustomerAccount | None,
        buyer: User | None,
        operator: User | None,
        *lines: tuple[str, int, Units],
        by: str = "transfer",
        **details: Any,
    ) -> Order:
        """Place an order of (code, quantity, answers) lines."""
        cart = open_cart(token=None, user=buyer)
        for code, quantity, units in lines:
            line = add_to_cart(cart=cart, entry=self.entries[code], quantity=quantity, user=buyer, now=self.now)
            if units:
                save_units(cart=cart, line_id=line.pk, answers=_part(units), fields=_part(units, FIELDS))
        cart.refresh_from_db()
        typed = _details(account, operator, details)
        draft = draft_order(
            priced=price_cart(cart, user=buyer, now=self.now),
            details=typed,
            user=buyer,
            language="fr",
            now=self.now,
        )
        terms = LegalText.in_force(LegalText.Kind.TERMS, self.now)
        order = place_order(
            cart_token=cart.token,
            user=buyer,
            details=typed,
            shown=Shown.of(draft),
            consent=Consent(terms.pk if terms else None),
            language="fr",
            visitor_key="",
            now=self.now,
        )
        if not order.is_free:
            choose_method(order_id=order.pk, method=by, actor=buyer, now=self.now)
        return order

    def receive(self, order: Order, reference: str, *, amount: Decimal | None = None) -> None:
        """Record money received by transfer; by default the order's total."""
        confirm_received(
            order_id=order.pk,
            amount=order.gross if amount is None else amount,
            reference=reference,
            actor=self.merchant,
            is_what_arrived=True,
            now=self.now,
        )

    def pay_and_deliver(self, order: Order, reference: str) -> None:
        """Record the order's money, and deliver."""
        self.receive(order, reference)
        self.deliver(order)

    def pay_by_card(self, order: Order, choice: bank.Choice) -> bank.Charge:
        """Pay with the imaginary card, and deliver."""
        order.refresh_from_db()
        attempt = start_payment(order=order, provider=sandbox, now=self.now)
        charge = bank.charge(choice, of=bank.open_charge(attempt_told(attempt)), now=self.now)
        payments.begin_payment(order_id=order.pk, provider=sandbox, reference=charge.reference, now=self.now)
        notify(charge, "1", now=self.now)
        self.deliver(order)
        return charge

    def deliver(self, order: Order) -> None:
        """Deliver in a worker's place; the jobs find nothing left to do."""
        for line in order.lines.exclude(handler="").order_by("position"):
            fulfil_line(line_id=line.pk, now=self.now)
        order.refresh_from_db()

    def give_all_back(self, order: Order, reason: str) -> None:
        give_units_back(
            order_id=order.pk,
            units={line.pk: range(line.quantity) for line in order.lines.all()},
            actor=self.merchant,
            reason=reason,
            now=self.now,
        )


def _part(units: Units, prefix: str = "") -> dict[int, dict[str, str]]:
    """Return the answers to the handlers' forms, or with `fields.` the answers to the entries' fields, by index."""
    return {
        index: {
            name.removeprefix(prefix): value for name, value in unit.items() if name.startswith(FIELDS) == bool(prefix)
        }
        for index, unit in enumerate(units)
    }


def _details(account: CustomerAccount | None, operator: User | None, changes: dict[str, Any]) -> OrderDetails:
    values: dict[str, Any] = {
        "email": "",
        "contact_name": "",
        "is_organisation": True,
        "address": account.address if account else None,
        "payer_email": account.payer_email if account else "",
        "register_number": account.register_number if account else "",
        "is_public_body": account.is_public_body if account else False,
        "account_id": account.pk if account else None,
        "operator_id": operator.pk if operator else None,
    }
    return OrderDetails(**(values | changes))
