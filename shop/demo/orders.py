"""The demo's orders, made as customers make them: paid, waiting for money, failed, unclaimed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from accounts.models import CustomerAccount, User
from catalog.models import Entry, EntryState
from catalog.services.entries import save_entry
from enrolments.models import Course
from enrolments.services.courses import save_course
from shop.models import LegalText, Order
from shop.services.cart import add_to_cart, open_cart, save_units
from shop.services.checkout.details import OrderDetails
from shop.services.checkout.place import Consent, Shown, place_order
from shop.services.payments import choose_method, confirm_received
from shop.services.pricing import price_cart

TEAM = (
    ("student", "lea.martin@lacombe.example", "Léa", "Martin"),
    ("student", "hugo.petit@lacombe.example", "Hugo", "Petit"),
    ("student", "samira.benali@lacombe.example", "Samira", "Benali"),
    ("tutor", "marc.lemoine@lacombe.example", "Marc", "Lemoine"),
)


class DemoOrders:
    """Places orders for the demo's people; `merchant` confirms the transfers."""

    def __init__(self, *, entries: dict[str, Entry], merchant: User, now: datetime) -> None:
        self.entries = entries
        self.merchant = merchant
        self.now = now
        self.terms = LegalText.in_force(LegalText.Kind.TERMS, now)

    def place(
        self,
        account: CustomerAccount | None,
        buyer: User | None,
        operator: User | None,
        *lines: tuple[str, int, tuple[tuple[str, str, str, str], ...]],
        **details: Any,
    ) -> Order:
        """An order of (code, quantity, participants) lines, chosen to be paid by transfer."""
        cart = open_cart(token=None, user=buyer)
        for code, quantity, team in lines:
            line = add_to_cart(cart=cart, entry=self.entries[code], quantity=quantity, user=buyer, now=self.now)
            if team:
                save_units(cart=cart, line_id=line.pk, answers=dict(enumerate(map(_answers, team))))
        cart.refresh_from_db()
        priced = price_cart(cart, user=buyer, now=self.now)
        order = place_order(
            cart_token=cart.token,
            user=buyer,
            details=_details(account, operator, details),
            shown=Shown.of(priced),
            consent=Consent(self.terms.pk if self.terms else None),
            language="fr",
            visitor_key="",
            now=self.now,
        )
        if not order.is_free:
            choose_method(order_id=order.pk, method="transfer", actor=buyer, now=self.now)
        return order

    def pay(self, order: Order, reference: str) -> None:
        confirm_received(
            order_id=order.pk,
            amount=order.gross,
            reference=reference,
            actor=self.merchant,
            is_what_arrived=False,
            now=self.now,
        )


def make_orders(
    *,
    people: dict[str, User],
    accounts: dict[str, CustomerAccount],
    entries: dict[str, Entry],
    courses: dict[str, Course],
    now: datetime,
) -> None:
    """Makes the orders. Those that are paid are delivered by the worker, as soon as it runs."""
    paul, nadia = people["paul@lacombe.example"], people["nadia@lacombe.example"]
    claire, yann = people["claire@saint-aubin.example"], people["yann@saint-aubin.example"]
    lacombe, aubin = accounts["lacombe"], accounts["aubin"]
    demo = DemoOrders(entries=entries, merchant=people["merchant@demo.example"], now=now)

    session = demo.place(lacombe, paul, nadia, ("SST-SESSION", 5, TEAM), ("LIVRET-SST", 5, ()))
    demo.pay(session, "VIR SST 2211")
    seats = demo.place(lacombe, paul, nadia, ("SIEGES-SECURITE", 12, ()), purchase_reference="BC-0457")
    demo.pay(seats, "VIR 12 SIEGES")
    demo.place(lacombe, paul, nadia, ("CONFLITS-SESSION", 3, ()))

    pack = demo.place(aubin, yann, claire, ("PACK-10", 1, ()))
    demo.pay(pack, "CLINIQUE PACK")
    demo.place(aubin, yann, claire, ("ELEC-SESSION", 2, ()))

    failing = demo.place(aubin, claire, claire, ("ELEC-BR-SESSION", 2, ()))
    _end_yesterday(courses["ELEC-BR"], now)
    _suspend(entries["ELEC-BR-SESSION"], now)
    demo.pay(failing, "CLINIQUE BR")

    demo.place(
        None, None, None, ("EXCEL-SOLO", 1, ()), email="visiteuse@demo.example", contact_name="Jeanne Visiteuse",
        is_organisation=False, billing_name="Jeanne Visiteuse",
    )  # fmt: skip


def _end_yesterday(course: Course, now: datetime) -> None:
    """The order that comes next cannot be delivered: its course is over."""
    course.last_day = (now - timedelta(days=1)).date()
    course.enrolment_closes_on = None
    save_course(course=course)


def _suspend(entry: Entry, now: datetime) -> None:
    entry.state = EntryState.SUSPENDED
    save_entry(entry=entry, expected_version=entry.version, now=now)


def _answers(person: tuple[str, str, str, str]) -> dict[str, str]:
    return dict(zip(("role", "email", "first_name", "last_name"), person, strict=True))


def _details(account: CustomerAccount | None, operator: User | None, changes: dict[str, Any]) -> OrderDetails:
    values: dict[str, Any] = {
        "email": "",
        "contact_name": "",
        "is_organisation": True,
        "billing_name": account.name if account else "",
        "street": account.street if account else "5 allée des Tilleuls",
        "postal_code": account.postal_code if account else "44300",
        "city": account.city if account else "Nantes",
        "country": "FR",
        "payer_email": account.payer_email if account else "",
        "account_id": account.pk if account else None,
        "operator_id": operator.pk if operator else None,
    }
    return OrderDetails(**(values | changes))
