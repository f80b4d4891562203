"""Number of statements of money, checkout and delivery, with the real handlers.

Everything the transaction sends is counted, savepoints, BEGIN and COMMIT included.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.moments import local_day
from enrolments.grounds.models import Enrolment
from enrolments.seats.models import Seat
from outbox.jobs import running
from outbox.jobs.running import run_due_jobs
from shop.cart.services import open_cart
from shop.orders.models import Order
from shop.payments.requests.givers import Giver
from shop.payments.requests.planning import Part, plan_payments
from shop.payments.requests.promises import accept_promise
from shop.seller.frozen import freeze_seller
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import fill_cart, make_cart, pay, place, shown_now
from tests.shop.papers.given import SIRET, begin_series, complete_seller

pytestmark = pytest.mark.django_db(transaction=True)

PLACING = 43
SETTLING = 30
DELIVERING_SEATS = 25
DELIVERING_A_SESSION = 58
# The operator's enrolment in the support course, where an entry names one.
SUPPORT = 8


@pytest.fixture(autouse=True)
def seller() -> None:
    """Made and frozen the first time it is asked for, which is nobody's cost here."""
    freeze_seller(seller=complete_seller())
    begin_series()


def session_entry(**parameters):
    course = CourseFactory(capacity=1_000)
    return EntryFactory(handler="std_setuponecoursesession", parameters={"coursename": course.short_name, **parameters})


def participants(count: int, mark: str) -> list[dict[str, str]]:
    return [
        {"role": "student", "email": f"{mark}{number}@example.org", "first_name": "Jo", "last_name": "Petit"}
        for number in range(count)
    ]


def placing(cart, **how) -> int:
    """Place a cart and return the number of statements."""
    shown = shown_now(cart, **how)
    with CaptureQueriesContext(connection) as captured:
        place(cart, shown=shown, **how)
    return len(captured)


def settling(order: Order) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert pay(order) == "settled"
    return len(captured)


@contextmanager
def job_transactions() -> Iterator[list[CaptureQueriesContext]]:
    """Collect the statements of each transaction that runs a delivery and marks its job done."""
    original, seen = running._attempt, []

    def counted(claim):
        with CaptureQueriesContext(connection) as captured:
            is_done = original(claim)
        if claim.job.kind == "fulfil_line":
            seen.append(captured)
        return is_done

    with patch.object(running, "_attempt", counted):
        yield seen


def delivering(order: Order) -> list[str]:
    """Deliver an order's one line and return the statements."""
    with job_transactions() as seen:
        run_due_jobs()
    order.refresh_from_db()
    assert order.status == "completed"
    [only] = seen
    return [query["sql"] for query in only]


class TestPlacing:
    @pytest.mark.parametrize("count", [2, 200])
    def test_a_visitors_session(self, count):
        cart = make_cart(session_entry(customersupport="HELP"), quantity=count, units=participants(count, "p"))
        assert placing(cart) <= PLACING

    @pytest.mark.parametrize("count", [2, 200])
    def test_a_members_session(self, count):
        member = MembershipFactory()
        cart = make_cart(session_entry(), quantity=count, units=participants(count, "p"), user=member.user)
        assert placing(cart, user=member.user, account=member.account) <= PLACING

    def test_costs_no_more_for_more_units(self):
        entry = session_entry()
        counts = {
            placing(make_cart(entry, quantity=count, units=participants(count, "p")), email=f"v{count}@example.org")
            for count in (2, 200)
        }
        assert len(counts) == 1


class TestSettling:
    def test_one_line_with_a_handler(self):
        assert settling(place(make_cart(session_entry(), quantity=2), register_number=SIRET)) <= SETTLING

    def test_of_a_member(self):
        member = MembershipFactory()
        cart = make_cart(session_entry(), quantity=2, user=member.user)
        assert settling(place(cart, user=member.user, account=member.account, register_number=SIRET)) <= SETTLING

    def test_costs_no_more_for_more_lines(self):
        counts = set()
        for lines in (1, 8):
            cart = open_cart(token=None, user=None)
            for _line in range(lines):
                fill_cart(cart, EntryFactory(handler="std_generateseats"))
                fill_cart(cart, EntryFactory())
            counts.add(settling(place(cart, email=f"v{lines}@example.org")))
        assert len(counts) == 1

    def parts(self, order: Order, *amounts: str) -> None:
        due = local_day(timezone.now()) + timedelta(days=30)
        parts = [Part(Decimal(amount), due) for amount in amounts]
        plan_payments(order_id=order.pk, parts=parts, actor=UserFactory(), now=timezone.now())

    def company_order(self, *, units: int = 2, lines: int = 1) -> Order:
        cart = open_cart(token=None, user=None)
        for _line in range(lines):
            fill_cart(cart, session_entry(), quantity=units)
        return place(cart, email=f"v{units}-{lines}@example.org", register_number=SIRET)

    @pytest.mark.parametrize(("units", "lines"), [(2, 1), (200, 1), (2, 8)])
    def test_the_first_part_of_a_schedule(self, units, lines):
        order = self.company_order(units=units, lines=lines)
        first = order.gross / 2
        self.parts(order, str(first), str(order.gross - first))
        Order.objects.filter(pk=order.pk).update(release_rule=Order.ReleaseRule.FIRST)
        with CaptureQueriesContext(connection) as captured:
            assert pay(order, provider="transfer", amount=first) == "settled"
        assert len(captured) <= SETTLING

    @pytest.mark.parametrize(("units", "lines"), [(2, 1), (200, 1), (2, 8)])
    def test_the_last_part_of_a_schedule(self, units, lines):
        order = self.company_order(units=units, lines=lines)
        first = order.gross / 2
        self.parts(order, str(first), str(order.gross - first))
        Order.objects.filter(pk=order.pk).update(release_rule=Order.ReleaseRule.ALL)
        assert pay(order, provider="transfer", amount=first) == "allocated"
        with CaptureQueriesContext(connection) as captured:
            assert pay(order, provider="transfer", reference="pay-2", amount=order.gross - first) == "settled"
        assert len(captured) <= SETTLING

    def promising(self, order: Order, **how: object) -> tuple[int, bool]:
        told: dict[str, Any] = {"kind": "on_account", "reference": "", "due_on": local_day(timezone.now())}
        actor = UserFactory(is_staff=True)
        with CaptureQueriesContext(connection) as captured:
            is_settled = accept_promise(order_id=order.pk, **(told | how), actor=actor, now=timezone.now())
        return len(captured), is_settled

    @pytest.mark.parametrize(("units", "lines"), [(2, 1), (200, 1), (2, 8)])
    def test_on_account(self, units, lines):
        count, is_settled = self.promising(self.company_order(units=units, lines=lines))
        assert is_settled
        assert count <= SETTLING

    @pytest.mark.parametrize(("units", "lines"), [(2, 1), (200, 1), (2, 8)])
    def test_the_second_promise_of_an_opco_and_a_company(self, units, lines):
        order = self.company_order(units=units, lines=lines)
        self.parts(order, "111.11", str(order.gross - Decimal("111.11")))
        giver = Giver(name="AKTO", siret="55210055400013", street="14 rue Riquet", postal_code="75019", city="Paris")
        self.promising(order, kind="opco", reference="F-2026-7", positions=[2], giver=giver)
        count, is_settled = self.promising(order, positions=[3])
        assert is_settled
        assert count <= SETTLING


class TestDelivering:
    def members_order(self, entry, **how) -> Order:
        member = MembershipFactory()
        order = place(make_cart(entry, user=member.user, **how), user=member.user, account=member.account)
        pay(order)
        return order

    @pytest.mark.parametrize("seats", [10, 10_000])
    def test_packs_of_seats(self, seats):
        entry = EntryFactory(handler="std_generateseats", parameters={"packsize": 10, "validity": 365})
        order = self.members_order(entry, quantity=seats // 10)
        assert len(delivering(order)) <= DELIVERING_SEATS
        assert Seat.objects.count() == seats

    @pytest.mark.parametrize("seats", [10, 10_000])
    def test_packs_of_seats_with_a_support_course(self, seats):
        CourseFactory(short_name="HELP")
        entry = EntryFactory(handler="std_generateseats", parameters={"packsize": 10, "customersupport": "HELP"})
        assert len(delivering(self.members_order(entry, quantity=seats // 10))) <= DELIVERING_SEATS + SUPPORT

    @pytest.mark.parametrize("count", [10, 100])
    def test_a_session_of_new_people(self, count):
        CourseFactory(short_name="HELP")
        entry = session_entry(customersupport="HELP")
        order = self.members_order(entry, quantity=count, units=participants(count, "new"))
        assert len(delivering(order)) <= DELIVERING_A_SESSION
        assert Enrolment.objects.open().filter(role__code="student").count() == count + 1  # and the operator

    def test_the_buyer_of_a_course(self):
        course = CourseFactory(capacity=5)
        entry = EntryFactory(handler="std_enroloncourse", parameters={"coursename": course.short_name})
        assert len(delivering(self.members_order(entry))) <= DELIVERING_SEATS + SUPPORT
