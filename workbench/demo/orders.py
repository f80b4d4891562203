"""The demo's orders, placed by the services behind the customers' pages, over a year: in every state, with money right
and wrong.

Paid orders are delivered on the spot, at the day they were paid; the mails go out when a worker runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from catalog.models.entries import Entry, EntryState
from catalog.services.entries import save_entry
from common.moments import local_day
from common.postal import PostalAddress
from enrolments.courses.models import Course
from enrolments.courses.services import save_course
from shop.cart.micro_forms import FIELDS
from shop.cart.pricing import price_cart
from shop.cart.services import add_to_cart, open_cart, save_units
from shop.checkout.draft import draft_order
from shop.checkout.parties import OrderDetails
from shop.checkout.place import Consent, Shown, place_order
from shop.orders.ending import cancel_order, expire_orders
from shop.orders.fulfilment import fulfil_line
from shop.orders.giving_back.paying_back import mark_paid_back, owed_for
from shop.orders.giving_back.services import give_units_back
from shop.orders.models import Order
from shop.payments.attention import mark_resolved
from shop.payments.models import PaymentEvent
from shop.payments.on_account.services import buy_on_account, set_terms
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.planning import divide, plan_payments
from shop.payments.requests.promises import accept_promise
from shop.payments.services import choose_method, confirm_received
from shop.seller.models import LegalText
from shop.withdrawal.services import withdraw_from_contract

Units = Sequence[dict[str, str]]

TEAM = tuple(
    {"role": role, "email": f"{name}@lacombe.example", "first_name": first, "last_name": last}
    for role, name, first, last in (
        ("student", "lea.martin", "Léa", "Martin"),
        ("student", "hugo.petit", "Hugo", "Petit"),
        ("student", "samira.benali", "Samira", "Benali"),
        ("tutor", "marc.lemoine", "Marc", "Lemoine"),
    )
)
DIETS = ("", "Végétarien", "Allergie aux fruits à coque", "")
DIPLOMAS = tuple(
    {"name": name, "address": f"{name}\nClinique Saint-Aubin\n2 place du Marché\n35000 Rennes"}
    for name in ("Omar Haddad", "Julie Caron")
)
VESTS = ({"fields.taille": "m", "fields.prenom": "Samira"}, {"fields.taille": "xl", "fields.prenom": ""})
# Booklets sold in the weeks before, for the chart on the administration's start page.
BOOKLETS = ((11, 12), (9, 25), (7, 18), (5, 60), (4, 22), (2, 80), (1, 35))


class DemoOrders:
    """Orders of the demo's people; `merchant` confirms the transfers. Days count back from now."""

    def __init__(self, *, entries: dict[str, Entry], merchant: User, now: datetime) -> None:
        self.entries = entries
        self.merchant = merchant
        self.now = now
        self.terms = LegalText.in_force(LegalText.Kind.TERMS, now)

    def at(self, days_ago: float) -> datetime:
        return self.now - timedelta(days=days_ago)

    def place(
        self,
        account: CustomerAccount | None,
        buyer: User | None,
        operator: User | None,
        *lines: tuple[str, int, Units],
        days_ago: float = 0,
        **details: Any,
    ) -> Order:
        """Place an order of (code, quantity, answers) lines, to be paid by transfer."""
        at = self.at(days_ago)
        cart = open_cart(token=None, user=buyer)
        for code, quantity, units in lines:
            line = add_to_cart(cart=cart, entry=self.entries[code], quantity=quantity, user=buyer, now=at)
            if units:
                save_units(cart=cart, line_id=line.pk, answers=_part(units), fields=_part(units, FIELDS))
        cart.refresh_from_db()
        typed = _details(account, operator, details)
        draft = draft_order(
            priced=price_cart(cart, user=buyer, now=at),
            details=typed,
            user=buyer,
            language="fr",
            now=at,
        )
        order = place_order(
            cart_token=cart.token,
            user=buyer,
            details=typed,
            shown=Shown.of(draft),
            consent=Consent(self.terms.pk if self.terms else None),
            language="fr",
            visitor_key="",
            now=at,
        )
        if not order.is_free:
            choose_method(order_id=order.pk, method="transfer", actor=buyer, now=at)
        return order

    def receive(self, order: Order, reference: str, *, days_ago: float = 0, amount: Decimal | None = None) -> None:
        """Record money received; by default the order's total."""
        confirm_received(
            order_id=order.pk,
            amount=order.gross if amount is None else amount,
            reference=reference,
            actor=self.merchant,
            is_what_arrived=True,
            now=self.at(days_ago),
        )

    def pay_and_deliver(self, order: Order, reference: str, *, days_ago: float = 0) -> Order:
        """Record the order's money and deliver at once, in a worker's place; the job finds nothing left to do."""
        self.receive(order, reference, days_ago=days_ago)
        for line in order.lines.exclude(handler="").order_by("position"):
            fulfil_line(line_id=line.pk, now=self.at(days_ago))
        order.refresh_from_db()
        return order


def make_orders(
    *,
    people: dict[str, User],
    accounts: dict[str, CustomerAccount],
    entries: dict[str, Entry],
    courses: dict[str, Course],
    now: datetime,
) -> dict[str, Order]:
    """Make the orders. Returns those whose seats are used later, by what they sold."""
    demo = DemoOrders(entries=entries, merchant=people["merchant@demo.example"], now=now)
    _booklets(demo, people, accounts)
    used = _of_lacombe(demo, people, accounts["lacombe"]) | _of_saint_aubin(demo, people, accounts["aubin"])
    _promised(demo, people, accounts["aubin"])
    _failing(demo, people, accounts["aubin"], courses)
    _of_visitors(demo)
    _of_public_body(demo)
    expire_orders(now=now)
    return used


def _booklets(demo: DemoOrders, people: dict[str, User], accounts: dict[str, CustomerAccount]) -> None:
    buyers = (
        (accounts["lacombe"], people["helene@lacombe.example"]),
        (accounts["aubin"], people["yann@saint-aubin.example"]),
    )
    operators = (people["nadia@lacombe.example"], people["theo@saint-aubin.example"])
    for index, (weeks, quantity) in enumerate(BOOKLETS):
        (account, buyer), operator = buyers[index % 2], operators[index % 2]
        order = demo.place(account, buyer, operator, ("LIVRET-SST", quantity, ()), days_ago=7 * weeks + 2)
        demo.pay_and_deliver(order, f"LIVRETS {weeks}", days_ago=7 * weeks)


def _of_lacombe(demo: DemoOrders, people: dict[str, User], account: CustomerAccount) -> dict[str, Order]:
    paul, helene, nadia = (people[f"{name}@lacombe.example"] for name in ("paul", "helene", "nadia"))
    old = demo.place(account, paul, nadia, ("SIEGES-SECURITE", 4, ()), days_ago=382)
    demo.pay_and_deliver(old, "VIR SECURITE", days_ago=380)
    session = demo.place(account, paul, nadia, ("SST-SESSION", 5, _with_diets(TEAM)), ("LIVRET-SST", 5, ()), days_ago=9)
    demo.pay_and_deliver(session, "VIR SST 2211", days_ago=8)
    seats = demo.place(account, helene, nadia, ("SIEGES-SECURITE", 12, ()), days_ago=7, purchase_reference="BC-0457")
    demo.pay_and_deliver(seats, "VIR 12 SIEGES", days_ago=6)
    # Paid twice, and given back since.
    demo.receive(seats, "VIR 12 SIEGES BIS", days_ago=5)
    twice = PaymentEvent.objects.get(order=seats, outcome=PaymentEvent.Outcome.SECOND_CHARGE)
    mark_resolved(event_id=twice.pk, note="Rendu par virement à la comptable.", actor=demo.merchant, now=demo.at(4))
    demo.pay_and_deliver(demo.place(account, paul, paul, ("EXCEL-SOLO", 1, ()), days_ago=41), "TABLEUR", days_ago=40)
    vests = demo.place(account, helene, nadia, ("GILET-SST", 2, VESTS), days_ago=4)
    demo.pay_and_deliver(vests, "VIR GILETS", days_ago=3)
    # Twenty euros too little have arrived.
    short = demo.place(account, helene, nadia, ("CONFLITS-SESSION", 3, ()), days_ago=3)
    demo.receive(short, "VIR CONFLITS", days_ago=1, amount=short.gross - 20)
    demo.place(account, paul, nadia, ("PACK-10", 1, ()))
    return {"old": old, "session": session, "seats": seats}


def _of_saint_aubin(demo: DemoOrders, people: dict[str, User], account: CustomerAccount) -> dict[str, Order]:
    claire, yann, theo = (people[f"{name}@saint-aubin.example"] for name in ("claire", "yann", "theo"))
    pack = demo.place(account, yann, theo, ("PACK-10", 1, ()), days_ago=14)
    demo.pay_and_deliver(pack, "CLINIQUE PACK", days_ago=12)
    diplomas = demo.place(account, yann, theo, ("DIPLOME-PAPIER", 2, DIPLOMAS), days_ago=2)
    demo.pay_and_deliver(diplomas, "DIPLOMES", days_ago=1)
    demo.place(account, yann, theo, ("ELEC-SESSION", 2, ()), days_ago=10)
    dropped = demo.place(account, claire, theo, ("ELEC-SESSION", 6, ()), days_ago=6)
    cancel_order(order_id=dropped.pk, actor=claire, now=demo.at(5), reason="Session repoussée au printemps.")
    refunded = demo.place(account, claire, theo, ("DOC-SOLO", 1, ()), days_ago=30)
    demo.pay_and_deliver(refunded, "DOC SOLO", days_ago=29)
    give_units_back(
        order_id=refunded.pk,
        units={line.pk: range(line.quantity) for line in refunded.lines.all()},
        actor=demo.merchant,
        reason="Rétractation dans les quatorze jours.",
        now=demo.at(25),
    )
    mark_paid_back(
        order_id=refunded.pk,
        amount=owed_for(refunded),
        paid_on=local_day(demo.at(24)),
        reference="VIR RETOUR DOC",
        actor=demo.merchant,
        now=demo.at(24),
    )
    # Nobody pays this order within its two weeks.
    demo.place(account, yann, theo, ("CONFLITS-SESSION", 2, ()), days_ago=20)
    return {"pack": pack}


def _promised(demo: DemoOrders, people: dict[str, User], account: CustomerAccount) -> None:
    """On account and overdue; in two parts of which one has come; by an OPCO and the company."""
    yann, theo = people["yann@saint-aubin.example"], people["theo@saint-aubin.example"]
    set_terms(account_id=account.pk, limit=Decimal(5000), days=30, seen="", actor=demo.merchant, now=demo.at(60))
    overdue = demo.place(account, yann, theo, ("LIVRET-SST", 40, ()), days_ago=50)
    buy_on_account(order_id=overdue.pk, actor=yann, now=demo.at(50))
    halves = demo.place(account, yann, theo, ("LIVRET-SST", 30, ()), days_ago=8)
    first_on = local_day(demo.now) + timedelta(days=20)
    parts = divide(halves.gross, halves.currency, deposit_percent=50, instalments=1, first_on=first_on, days_between=1)
    plan_payments(order_id=halves.pk, parts=parts, actor=demo.merchant, now=demo.at(7))
    demo.receive(halves, "ACOMPTE LIVRETS", days_ago=5, amount=parts[0].amount)
    shared = demo.place(account, yann, theo, ("LIVRET-SST", 50, ()), days_ago=6)
    shares = divide(shared.gross, shared.currency, deposit_percent=60, instalments=1, first_on=first_on, days_between=1)
    plan_payments(order_id=shared.pk, parts=shares, actor=demo.merchant, now=demo.at(5))
    accept_promise(
        order_id=shared.pk,
        kind=PaymentRequest.Promise.OPCO,
        reference="OPCO-2026-1187",
        due_on=first_on,
        positions=[2],
        actor=demo.merchant,
        now=demo.at(4),
    )


def _failing(demo: DemoOrders, people: dict[str, User], account: CustomerAccount, courses: dict[str, Course]) -> None:
    """Pay an order whose course is over by then: the line fails."""
    claire = people["claire@saint-aubin.example"]
    failing = demo.place(account, claire, claire, ("ELEC-BR-SESSION", 2, ()), days_ago=1)
    _end_yesterday(courses["ELEC-BR"], demo.now)
    _suspend(demo.entries["ELEC-BR-SESSION"], demo.now)
    demo.pay_and_deliver(failing, "CLINIQUE BR")


def _of_visitors(demo: DemoOrders) -> None:
    """Place orders of visitors who are private persons, unclaimed: one paid and delivered, one withdrawn from since,
    one waiting for money."""
    for name, code, days_ago, reference in (
        ("Camille Roy", "DOC-SOLO", 6, "ROY 0612"),
        ("Sacha Rive", "DOC-SOLO", 4, "RIVE 0412"),
        ("Jeanne Visiteuse", "EXCEL-SOLO", 0, ""),
    ):
        email = f"{name.split()[0].lower()}@demo.example"
        order = demo.place(
            None, None, None, (code, 1, ()), days_ago=days_ago, email=email,
            contact_name=name, is_organisation=False,
            address=PostalAddress(name=name, street="5 allée des Tilleuls", postal_code="44300", city="Nantes"),
        )  # fmt: skip
        if reference:
            demo.pay_and_deliver(order, reference, days_ago=days_ago - 1)
        if name == "Camille Roy":
            withdraw_from_contract(order_id=order.pk, name=name, answer_to=email, now=demo.at(2))


def _of_public_body(demo: DemoOrders) -> None:
    """Place an order of a town hall and accept its purchase order: delivered before the money comes."""
    order = demo.place(
        None, None, None, ("LIVRET-SST", 25, ()), days_ago=5, email="achats@mairie.example",
        contact_name="Denise Hamon", is_public_body=True, register_number="21440109300015",
        service_code="FORMATION", commitment_number="EJ-2026-0815",
        address=PostalAddress(name="Mairie de Saint-Lyphard", street="1 place de l’Église",
                              postal_code="44410", city="Saint-Lyphard"),
    )  # fmt: skip
    accept_promise(
        order_id=order.pk,
        kind=PaymentRequest.Promise.PUBLIC_MANDATE,
        reference=order.commitment_number,
        due_on=local_day(demo.now) + timedelta(days=27),
        actor=demo.merchant,
        now=demo.at(4),
    )


def _with_diets(units: Units) -> Units:
    return [unit | {f"{FIELDS}regime": diet} for unit, diet in zip(units, DIETS, strict=True)]


def _part(units: Units, prefix: str = "") -> dict[int, dict[str, str]]:
    """Return the answers to the handlers' forms, or with `fields.` the answers to the entries' fields, by index."""
    return {
        index: {
            name.removeprefix(prefix): value for name, value in unit.items() if name.startswith(FIELDS) == bool(prefix)
        }
        for index, unit in enumerate(units)
    }


def _end_yesterday(course: Course, now: datetime) -> None:
    """End the course, so that the next order of it cannot be delivered."""
    course.last_day = (now - timedelta(days=1)).date()
    course.enrolment_closes_on = None
    save_course(course=course)


def _suspend(entry: Entry, now: datetime) -> None:
    entry.state = EntryState.SUSPENDED
    save_entry(entry=entry, expected_version=entry.version, now=now)


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
