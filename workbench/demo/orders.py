"""Stories of the demo's orders, over a year: in every state, paid in every way.

Paid orders are delivered on the spot, at the day they were paid; the mails go out when a worker runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from catalog.models.entries import EntryState
from catalog.services.entries import save_entry
from common.moments import local_day
from common.postal import PostalAddress
from enrolments.courses.services import save_course
from shop.cart.micro_forms import FIELDS
from shop.orders.ending import cancel_order, expire_orders
from shop.orders.giving_back.paying_back import mark_paid_back, owed_for
from shop.payments.attention import mark_resolved
from shop.payments.models import PaymentEvent
from shop.withdrawal.services import withdraw_from_contract
from workbench.demo.shop import DemoShop, Units
from workbench.demo.timeline import Story

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


def stories_of_orders(shop: DemoShop) -> Iterator[Story]:
    """Yield the stories; those whose seats are used later leave their order in `shop.orders`."""
    yield from _booklets(shop)
    yield _old_seats(shop)
    yield _session(shop)
    yield _seats_paid_twice(shop)
    lacombe, (paul, helene, nadia) = shop.accounts["lacombe"], shop.named("lacombe", "paul", "helene", "nadia")
    aubin, (yann, theo) = shop.accounts["aubin"], shop.named("saint-aubin", "yann", "theo")
    yield _bought(shop, lacombe, paul, paul, ("EXCEL-SOLO", 1, ()), "TABLEUR", placed=41, paid=40)
    yield _bought(shop, lacombe, helene, nadia, ("GILET-SST", 2, VESTS), "VIR GILETS", placed=4, paid=3)
    yield _too_little(shop)
    yield _left_open(shop, lacombe, paul, nadia, ("PACK-10", 1, ()), placed=2, name="waiting")
    yield _bought(
        shop, aubin, yann, theo, ("PACK-10", 1, ()), "CLINIQUE PACK", placed=14, paid=12, name="pack"
    )  # fmt: skip
    yield _bought(shop, aubin, yann, theo, ("DIPLOME-PAPIER", 2, DIPLOMAS), "DIPLOMES", placed=2, paid=1)
    yield _left_open(shop, aubin, yann, theo, ("ELEC-SESSION", 2, ()), placed=10, name="mistyped")
    yield _called_off(shop)
    yield _paid_back(shop)
    # Nobody pays this order within its two weeks.
    yield _left_open(shop, aubin, yann, theo, ("CONFLITS-SESSION", 2, ()), placed=20)
    yield _failing(shop)
    yield from _of_visitors(shop)
    yield _expiry(shop)


def _bought(
    shop: DemoShop,
    account: CustomerAccount,
    buyer: User,
    operator: User,
    line: tuple[str, int, Units],
    reference: str,
    *,
    placed: float,
    paid: float,
    name: str = "",
) -> Story:
    yield placed
    order = shop.place(account, buyer, operator, line)
    yield paid
    shop.pay_and_deliver(order, reference)
    if name:
        shop.orders[name] = order


def _left_open(
    shop: DemoShop,
    account: CustomerAccount,
    buyer: User,
    operator: User,
    line: tuple[str, int, Units],
    *,
    placed: float,
    name: str = "",
) -> Story:
    yield placed
    order = shop.place(account, buyer, operator, line)
    if name:
        shop.orders[name] = order


def _booklets(shop: DemoShop) -> Iterator[Story]:
    buyers = (("lacombe", "helene@lacombe.example"), ("aubin", "yann@saint-aubin.example"))
    operators = ("nadia@lacombe.example", "theo@saint-aubin.example")
    for index, (weeks, quantity) in enumerate(BOOKLETS):
        account, buyer = buyers[index % 2]
        yield _bought(
            shop, shop.accounts[account], shop.people[buyer], shop.people[operators[index % 2]],
            ("LIVRET-SST", quantity, ()), f"LIVRETS {weeks}", placed=7 * weeks + 2, paid=7 * weeks,
        )  # fmt: skip


def _old_seats(shop: DemoShop) -> Story:
    paul, nadia = shop.named("lacombe", "paul", "nadia")
    yield from _bought(
        shop, shop.accounts["lacombe"], paul, nadia, ("SIEGES-SECURITE", 4, ()), "VIR SECURITE",
        placed=382, paid=380, name="old",
    )  # fmt: skip


def _session(shop: DemoShop) -> Story:
    paul, nadia = shop.named("lacombe", "paul", "nadia")
    yield 9
    order = shop.place(
        shop.accounts["lacombe"], paul, nadia, ("SST-SESSION", 5, _with_diets(TEAM)), ("LIVRET-SST", 5, ())
    )
    yield 8
    shop.pay_and_deliver(order, "VIR SST 2211")
    shop.orders["session"] = order


def _seats_paid_twice(shop: DemoShop) -> Story:
    """Seats whose money came twice, and was given back since."""
    helene, nadia = shop.named("lacombe", "helene", "nadia")
    yield 7
    seats = shop.place(
        shop.accounts["lacombe"], helene, nadia, ("SIEGES-SECURITE", 12, ()), purchase_reference="BC-0457"
    )
    yield 6
    shop.pay_and_deliver(seats, "VIR 12 SIEGES")
    shop.orders["seats"] = seats
    yield 5
    shop.receive(seats, "VIR 12 SIEGES BIS")
    yield 4
    twice = PaymentEvent.objects.get(order=seats, outcome=PaymentEvent.Outcome.SECOND_CHARGE)
    mark_resolved(event_id=twice.pk, note="Rendu par virement à la comptable.", actor=shop.merchant, now=shop.now)


def _too_little(shop: DemoShop) -> Story:
    """Twenty euros too little have arrived."""
    helene, nadia = shop.named("lacombe", "helene", "nadia")
    yield 3
    short = shop.place(shop.accounts["lacombe"], helene, nadia, ("CONFLITS-SESSION", 3, ()))
    shop.orders["short"] = short
    yield 1
    shop.receive(short, "VIR CONFLITS", amount=short.gross - 20)


def _called_off(shop: DemoShop) -> Story:
    claire, theo = shop.named("saint-aubin", "claire", "theo")
    yield 6
    dropped = shop.place(shop.accounts["aubin"], claire, theo, ("ELEC-SESSION", 6, ()))
    yield 5
    cancel_order(order_id=dropped.pk, actor=claire, now=shop.now, reason="Session repoussée au printemps.")


def _paid_back(shop: DemoShop) -> Story:
    claire, theo = shop.named("saint-aubin", "claire", "theo")
    yield 30
    order = shop.place(shop.accounts["aubin"], claire, theo, ("DOC-SOLO", 1, ()))
    yield 29
    shop.pay_and_deliver(order, "DOC SOLO")
    yield 25
    shop.give_all_back(order, "Rétractation dans les quatorze jours.")
    yield 24
    mark_paid_back(
        order_id=order.pk,
        amount=owed_for(order),
        paid_on=local_day(shop.now),
        reference="VIR RETOUR DOC",
        actor=shop.merchant,
        now=shop.now,
    )


def _failing(shop: DemoShop) -> Story:
    """Pay an order whose course is over by then: the line fails."""
    [claire] = shop.named("saint-aubin", "claire")
    yield 1
    failing = shop.place(shop.accounts["aubin"], claire, claire, ("ELEC-BR-SESSION", 2, ()))
    yield 0
    course, entry = shop.courses["ELEC-BR"], shop.entries["ELEC-BR-SESSION"]
    course.last_day = local_day(shop.now) - timedelta(days=1)
    course.enrolment_closes_on = None
    save_course(course=course)
    entry.state = EntryState.SUSPENDED
    save_entry(entry=entry, expected_version=entry.version, now=shop.now)
    shop.pay_and_deliver(failing, "CLINIQUE BR")


def _of_visitors(shop: DemoShop) -> Iterator[Story]:
    """Orders of visitors who are private persons, unclaimed: one paid and delivered, one withdrawn from since, one
    waiting for money."""
    yield _of_visitor(shop, "Camille Roy", "DOC-SOLO", "ROY 0612", placed=6, withdrawn=2)
    yield _of_visitor(shop, "Sacha Rive", "DOC-SOLO", "RIVE 0412", placed=4)
    yield _of_visitor(shop, "Jeanne Visiteuse", "EXCEL-SOLO", "", placed=2)


def _of_visitor(
    shop: DemoShop, name: str, code: str, reference: str, *, placed: float, withdrawn: float | None = None
) -> Story:
    yield placed
    email = f"{name.split()[0].lower()}@demo.example"
    order = shop.place(
        None, None, None, (code, 1, ()), email=email, contact_name=name, is_organisation=False,
        address=PostalAddress(name=name, street="5 allée des Tilleuls", postal_code="44300", city="Nantes"),
    )  # fmt: skip
    if reference:
        yield placed - 1
        shop.pay_and_deliver(order, reference)
    if withdrawn is not None:
        yield withdrawn
        withdraw_from_contract(order_id=order.pk, name=name, answer_to=email, now=shop.now)


def _expiry(shop: DemoShop) -> Story:
    yield 0
    expire_orders(now=shop.now)


def _with_diets(units: Units) -> Units:
    return [unit | {f"{FIELDS}regime": diet} for unit, diet in zip(units, DIETS, strict=True)]
