"""Stories of the demo's learners, each at another point on the way: invited, begun, over, released, expired."""

from __future__ import annotations

from collections.abc import Iterator

from accounts.people.models import User
from accounts.people.proof import prove_address
from accounts.people.services import PersonTyped, find_or_create_people
from enrolments.courses.roles.models import Role
from enrolments.grounds.by_hand import enrol_address_by_hand
from enrolments.seats.assign import assign_seat
from enrolments.seats.enter import enter_course
from enrolments.seats.expire import expire_seats
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.release import release_seat
from enrolments.values import Terms
from shop.orders.giving_back.services import give_units_back
from shop.orders.models import Order
from workbench.demo.shop import DemoShop
from workbench.demo.timeline import Story


def stories_of_training(shop: DemoShop) -> Iterator[Story]:
    """Yield the stories: with them the demo shows a seat in every state."""
    yield _old_seats(shop)
    yield _session_begun(shop)
    yield _seats_of_lacombe(shop)
    yield _seats_of_saint_aubin(shop)
    yield _by_hand(shop)
    yield _expiry(shop)


def _old_seats(shop: DemoShop) -> Story:
    """Two seats of a course that is over: one learner took it, one never came. The other two stay unassigned."""
    [nadia] = shop.named("lacombe", "nadia")
    learners = (("Léa Martin", "lea.martin@lacombe.example"), ("Lucas Morin", "lucas.morin@lacombe.example"))
    yield 371
    for name, email in learners:
        _signs_in(shop, name, email)
    yield 370
    for name, email in learners:
        _assign(shop, shop.orders["old"], nadia, name, email, "SEC-EVA")
    yield 366
    _enters(shop, "lea.martin@lacombe.example", "SEC-EVA")


def _session_begun(shop: DemoShop) -> Story:
    """A session that one learner has begun and one never saw."""
    yield 7
    _signs_in(shop, "Samira Benali", "samira.benali@lacombe.example")
    yield 6
    _enters(shop, "samira.benali@lacombe.example", "SEC-SST")


def _seats_of_lacombe(shop: DemoShop) -> Story:
    """Seats running, released and taken back."""
    [nadia] = shop.named("lacombe", "nadia")
    yield 5
    seats = shop.orders["seats"]
    _assign(shop, seats, nadia, "Léa Martin", "lea.martin@lacombe.example", "SEC-GEP")
    yield 4
    _assign(shop, seats, nadia, "Nora Weiss", "nora.weiss@lacombe.example", "SEC-INC")
    dropped = _assign(shop, seats, nadia, "Tom Girard", "tom.girard@lacombe.example", "SEC-INC")
    yield 3
    release_seat(account=seats.account, seat_id=dropped.pk, actor=nadia, now=shop.now, reason="Arrêt maladie")
    yield 2
    line = seats.lines.get()
    give_units_back(
        order_id=seats.pk,
        units={line.pk: [line.quantity - 1]},
        actor=shop.merchant,
        reason="Un siège commandé en trop.",
        now=shop.now,
    )


def _seats_of_saint_aubin(shop: DemoShop) -> Story:
    """Three seats: a learner in the middle of the course, one whose course has not begun, one invited today."""
    [theo] = shop.named("saint-aubin", "theo")
    yield 11
    _signs_in(shop, "Omar Haddad", "omar.haddad@saint-aubin.example")
    pack = shop.orders["pack"]
    _assign(shop, pack, theo, "Omar Haddad", "omar.haddad@saint-aubin.example", "BUR-EXCEL")
    yield 9
    _enters(shop, "omar.haddad@saint-aubin.example", "BUR-EXCEL")
    yield 8
    _assign(shop, pack, theo, "Julie Caron", "julie.caron@saint-aubin.example", "MAN-EQU")
    _assign(shop, pack, theo, "Léa Martin", "lea.martin@lacombe.example", "MAN-EQU")
    yield 0
    _assign(shop, pack, theo, "Malo Riou", "malo.riou@saint-aubin.example", "SEC-GEP")


def _by_hand(shop: DemoShop) -> Story:
    """A colleague enrolled without a purchase, by the merchant's own hand."""
    yield 1
    enrol_address_by_hand(
        course=shop.courses["MAN-CON"],
        person=PersonTyped(email="benoit.lefort@demo.example", first_name="Benoît", last_name="Lefort"),
        role=Role.objects.get(code=Role.STUDENT),
        terms=Terms(),
        language="fr",
        now=shop.now,
    )


def _expiry(shop: DemoShop) -> Story:
    yield 0
    expire_seats(now=shop.now)


def _signs_in(shop: DemoShop, name: str, email: str) -> None:
    """Follow a link mailed to the learner, which proves the address."""
    first_name, last_name = name.split()
    person = PersonTyped(email=email, first_name=first_name, last_name=last_name)
    find_or_create_people(people=[person], account=None, language="fr", now=shop.now)
    prove_address(email=email, language="fr", may_create=False, now=shop.now)


def _assign(shop: DemoShop, order: Order, operator: User, name: str, email: str, course: str) -> Seat:
    """Give the order's next free seat to a person, by the operator."""
    first_name, last_name = name.split()
    free = Seat.objects.filter(batch__order_id=order.pk, state=SeatState.AVAILABLE).order_by("pk")[0]
    return assign_seat(
        account=order.account,
        seat_id=free.pk,
        course=shop.courses[course],
        person=PersonTyped(email=email, first_name=first_name, last_name=last_name),
        operator=operator,
        language="fr",
        now=shop.now,
    ).seat


def _enters(shop: DemoShop, email: str, course: str) -> None:
    enter_course(user=User.objects.get(email=email), course=shop.courses[course], now=shop.now)
