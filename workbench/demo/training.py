"""The demo's learners, each at another point on the way: invited, waiting, begun, over, released, expired."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.people.models import User
from accounts.people.proof import prove_address
from accounts.people.services import PersonTyped, find_or_create_people
from enrolments.courses.models import Course
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


class DemoTraining:
    """Acts of operators, learners and the merchant on the seats. Days count back from now."""

    def __init__(self, *, people: dict[str, User], courses: dict[str, Course], now: datetime) -> None:
        self.people = people
        self.courses = courses
        self.now = now

    def at(self, days_ago: float) -> datetime:
        return self.now - timedelta(days=days_ago)

    def signs_in(self, name: str, email: str, *, days_ago: float) -> None:
        """Follow a link mailed to the learner, which proves the address."""
        first_name, last_name = name.split()
        person = PersonTyped(email=email, first_name=first_name, last_name=last_name)
        find_or_create_people(people=[person], account=None, language="fr", now=self.at(days_ago))
        prove_address(email=email, language="fr", may_create=False, now=self.at(days_ago))

    def assign(self, order: Order, operator: User, name: str, email: str, course: str, *, days_ago: float) -> Seat:
        """Give the order's next free seat to a person, by the operator."""
        first_name, last_name = name.split()
        free = Seat.objects.filter(batch__order_id=order.pk, state=SeatState.AVAILABLE).order_by("pk")[0]
        return assign_seat(
            account=order.account,
            seat_id=free.pk,
            course=self.courses[course],
            person=PersonTyped(email=email, first_name=first_name, last_name=last_name),
            operator=operator,
            language="fr",
            now=self.at(days_ago),
        ).seat

    def enters(self, email: str, course: str, *, days_ago: float) -> None:
        user = User.objects.get(email=email)
        enter_course(user=user, course=self.courses[course], now=self.at(days_ago))


def use_seats(*, orders: dict[str, Order], people: dict[str, User], courses: dict[str, Course], now: datetime) -> None:
    """Assign, enter, release, revoke and expire, so that the demo shows a seat in every state."""
    demo = DemoTraining(people=people, courses=courses, now=now)
    _old_seats(demo, orders["old"], people["nadia@lacombe.example"])
    _lacombe(demo, orders, people["nadia@lacombe.example"])
    _saint_aubin(demo, orders["pack"], people["theo@saint-aubin.example"])
    _by_hand(demo)
    expire_seats(now=now)


def _old_seats(demo: DemoTraining, order: Order, nadia: User) -> None:
    """Use two seats of a course that is over: one learner took it, one never came. The other two stay unassigned."""
    for name, email in (("Léa Martin", "lea.martin@lacombe.example"), ("Lucas Morin", "lucas.morin@lacombe.example")):
        demo.signs_in(name, email, days_ago=371)
        demo.assign(order, nadia, name, email, "SEC-EVA", days_ago=370)
    demo.enters("lea.martin@lacombe.example", "SEC-EVA", days_ago=366)


def _lacombe(demo: DemoTraining, orders: dict[str, Order], nadia: User) -> None:
    """Use seats of a session that one learner has begun and one never saw; also seats running, released and taken
    back."""
    seats = orders["seats"]
    demo.signs_in("Samira Benali", "samira.benali@lacombe.example", days_ago=7)
    demo.enters("samira.benali@lacombe.example", "SEC-SST", days_ago=6)
    demo.assign(seats, nadia, "Léa Martin", "lea.martin@lacombe.example", "SEC-GEP", days_ago=5)
    demo.assign(seats, nadia, "Nora Weiss", "nora.weiss@lacombe.example", "SEC-INC", days_ago=4)
    dropped = demo.assign(seats, nadia, "Tom Girard", "tom.girard@lacombe.example", "SEC-INC", days_ago=4)
    release_seat(account=seats.account, seat_id=dropped.pk, actor=nadia, now=demo.at(3), reason="Arrêt maladie")
    line = seats.lines.get()
    give_units_back(
        order_id=seats.pk,
        units={line.pk: [line.quantity - 1]},
        actor=demo.people["merchant@demo.example"],
        reason="Un siège commandé en trop.",
        now=demo.at(2),
    )


def _saint_aubin(demo: DemoTraining, order: Order, theo: User) -> None:
    """Use three seats: a learner in the middle of the course, one whose course has not begun, one invited today."""
    demo.signs_in("Omar Haddad", "omar.haddad@saint-aubin.example", days_ago=11)
    demo.assign(order, theo, "Omar Haddad", "omar.haddad@saint-aubin.example", "BUR-EXCEL", days_ago=11)
    demo.enters("omar.haddad@saint-aubin.example", "BUR-EXCEL", days_ago=9)
    demo.assign(order, theo, "Julie Caron", "julie.caron@saint-aubin.example", "MAN-EQU", days_ago=8)
    demo.assign(order, theo, "Léa Martin", "lea.martin@lacombe.example", "MAN-EQU", days_ago=8)
    demo.assign(order, theo, "Malo Riou", "malo.riou@saint-aubin.example", "SEC-GEP", days_ago=0)


def _by_hand(demo: DemoTraining) -> None:
    """Enrol a colleague without a purchase, by the merchant's own hand."""
    enrol_address_by_hand(
        course=demo.courses["MAN-CON"],
        person=PersonTyped(email="benoit.lefort@demo.example", first_name="Benoît", last_name="Lefort"),
        role=Role.objects.get(code=Role.STUDENT),
        terms=Terms(),
        language="fr",
        now=demo.at(1),
    )
