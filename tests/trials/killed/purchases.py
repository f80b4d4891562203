"""Orders of everything: one line for every handler that ships with the shop."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from django.utils import timezone

from accounts.people.models import User
from catalog.models.entries import Entry
from enrolments.courses.models import Course
from shop.orders.models import Order
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.handlers import participant
from tests.factories.shop import fill_cart, make_cart, pay, place

UNITS, PACK = 2, 3
# Participants of a session beside the two people common to all sessions, and places named later.
OWN_PARTICIPANTS, BLANKS = 2, 1
PRINTER = "printer@example.org"
WEBINAR = "WEBINAIRE-ACCUEIL"

_names = count(1)


@dataclass(frozen=True)
class Purchase:
    """One order of everything, by a member of an account or by a visitor, with the people named in it."""

    order: Order
    member: User | None
    own: list[str]

    @property
    def buyer(self) -> str:
        """Address of the member, or the one typed by the visitor."""
        return self.member.email if self.member else self.order.contact_email


@dataclass
class Assortment:
    """Entries on sale in courses of their own, so that their rows can be counted whatever else the shop does."""

    name: str = field(default_factory=lambda: f"trial{next(_names)}")
    purchases: list[Purchase] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known, self.new = f"known@{self.name}.example", f"new@{self.name}.example"
        UserFactory(email=self.known)
        self.session_course = CourseFactory(short_name=f"SESSION-{self.name}", group_mode="separate")
        self.solo_course = CourseFactory(short_name=f"SOLO-{self.name}")
        self.support_course = CourseFactory(short_name=f"HELP-{self.name}")
        self.webinar_course = Course.objects.filter(short_name="WEBINAR").first() or CourseFactory(short_name="WEBINAR")
        helped = {"customersupport": self.support_course.short_name}
        self.seats = EntryFactory(
            code=f"SEATS-{self.name}", handler="std_generateseats", parameters={"packsize": PACK, **helped}
        )
        self.session = EntryFactory(
            code=f"SESSION-{self.name}",
            handler="std_setuponecoursesession",
            parameters={"coursename": self.session_course.short_name, **helped},
        )
        self.solo = EntryFactory(
            code=f"SOLO-{self.name}",
            handler="std_enroloncourse",
            parameters={"coursename": self.solo_course.short_name, "groupname": "Cohort", **helped},
        )
        self.diploma = EntryFactory(
            code=f"DIPLOMA-{self.name}",
            handler="ext_paperdiploma",
            parameters={"title": "First aider", "printer": PRINTER, "days": 5},
        )
        begins = timezone.now().replace(microsecond=0) + timedelta(days=30)
        self.webinar = Entry.objects.filter(code=WEBINAR).first() or EntryFactory(
            code=WEBINAR,
            handler="specific",
            parameters={
                "coursename": "WEBINAR",
                "begins": begins.isoformat(),
                "endtime": (begins + timedelta(hours=2)).isoformat(),
            },
        )

    @property
    def courses(self) -> list[Course]:
        """Courses in which no other assortment sells anything."""
        return [self.session_course, self.solo_course, self.support_course]

    def place(self, orders: int) -> list[Purchase]:
        """Place so many orders of everything, every fourth by a visitor."""
        placed = [self._place(as_visitor=number % 4 == 3) for number in range(orders)]
        self.purchases += placed
        return placed

    def _place(self, *, as_visitor: bool) -> Purchase:
        number = next(_names)
        membership = None if as_visitor else MembershipFactory(user=UserFactory(email=f"buyer{number}@shop.example"))
        user = membership.user if membership else None
        own = [f"person{number}-{index}@{self.name}.example" for index in range(OWN_PARTICIPANTS)]
        cart = make_cart(self.seats, quantity=UNITS, user=user)
        participants = [participant(email) for email in (*own, self.known, self.new)]
        participants[1]["role"] = "tutor"
        if number % 2:  # the opposite order: locks taken in the order typed would meet a rival head on
            participants.reverse()
        fill_cart(cart, self.session, quantity=len(participants) + BLANKS, units=participants, user=user)
        fill_cart(cart, self.solo, user=user)
        diploma = {"name": "Marie Dupont", "address": "Marie Dupont\n1 rue des Lilas\n69003 Lyon"}
        fill_cart(cart, self.diploma, quantity=1, units=[diploma], user=user)
        fill_cart(cart, self.webinar, user=user)
        if membership:
            order = place(cart, user=user, account=membership.account)
        else:
            order = place(cart, email=f"visitor{number}@shop.example")
        return Purchase(order, user, own)

    def buy(self, orders: int) -> list[Purchase]:
        """Place orders and pay them."""
        placed = self.place(orders)
        for purchase in placed:
            assert pay(purchase.order) == "settled"
        return placed
