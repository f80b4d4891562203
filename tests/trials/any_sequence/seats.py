"""Seats assigned, released, entered and expired, and units given back."""

from __future__ import annotations

from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from accounts.members.models import CustomerAccount
from accounts.members.rights import operators_of
from accounts.people.models import User
from accounts.people.services import PersonTyped
from common.moments import local_day
from common.refusals import Refused
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.courses.places.models import PlaceHold
from enrolments.courses.roles.models import Role
from enrolments.seats.assign import assign_seat
from enrolments.seats.enter import enter_course
from enrolments.seats.expire import expire_seats
from enrolments.seats.models import Seat
from enrolments.seats.move import move_seat
from enrolments.seats.release import release_seat
from handlers.contract import RevokeReason
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.paying_back import mark_owed_again, mark_paid_back, owed_for
from shop.orders.giving_back.services import GivingBackRefused, give_units_back
from shop.orders.lines.models import OrderUnit
from shop.orders.models import Order
from tests.factories.shop import units_left
from tests.trials.any_sequence import world
from tests.trials.any_sequence.choices import often, one_of, person, seldom, some
from tests.trials.any_sequence.frame import Frame

Status = Order.Status


class Seats(Frame):
    """Steps of operators and learners with seats, until the merchant takes the seats back."""

    @precondition(lambda self: self.assignable())
    @rule(n=some, odd=st.sampled_from(["", "", "", "", "seat", "account", "course"]), who=person, course=some, by=some,
          as_tutor=seldom)  # fmt: skip
    def assign(self, n: int, odd: str, who: str, course: int, by: int, as_tutor: bool) -> None:
        """Assign mostly as an operator's page allows; else a seat taken, of another account, or for another course."""
        seat = one_of(self.seats if odd == "seat" else self.assignable(), n)
        account = CustomerAccount.objects.get(pk=seat.account_id)
        if odd == "account" or not operators_of(account).exists():
            account = self.world.accounts["alice" if account.pk != self.world.accounts["alice"].pk else "carol"]
        operators = list(operators_of(account))
        sold_for = Course.objects.open_at(self.now).matching(seat.batch.course_list).order_by("pk")
        into = seat.course_id or one_of((not odd and list(sold_for)) or self.world.courses, course).pk
        with self.step("assign", Refused):
            assignment = assign_seat(
                account=account,
                seat_id=seat.pk,
                course=Course.objects.get(pk=into),
                person=PersonTyped(email=world.address(who), first_name=who.title(), last_name="Test"),
                operator=one_of(operators, by),
                language="en",
                now=self.now,
                role=Role.objects.get(code=Role.TUTOR) if as_tutor else None,
            )
            assert seat.account_id == account.pk
            self.reach("a seat was not used up", when=not assignment.is_used)
            self.reach("a session's blank was filled", when=assignment.is_used and seat.batch.source == "session")
            assert assignment.is_used or self.rows_are_as(self.rows)

    def assignable(self) -> list[Seat]:
        """Return the free seats of accounts that have an operator."""
        return [seat for seat in self.seats_in("available") if self.has_desk(seat)]

    @precondition(lambda self: self.seats_in("assigned"))
    @rule(n=some, any_seat=seldom, is_own=often)
    def release(self, n: int, any_seat: bool, is_own: bool) -> None:
        seat = one_of(self.seats if any_seat else self.seats_in("assigned"), n)
        other = self.world.accounts["carol"]
        account = CustomerAccount.objects.get(pk=seat.account_id) if is_own else other
        with self.step("release", Refused):
            release_seat(account=account, seat_id=seat.pk, actor=self.world.users["bob"], now=self.now)
            assert seat.account_id == account.pk

    @precondition(lambda self: self.seats_to_move())
    @rule(n=some, where=some, to_session=st.booleans(), is_own=often)
    def move(self, n: int, where: int, to_session: bool, is_own: bool) -> None:
        """Move somebody to a course, or to a session of whatever account."""
        seat = one_of(self.seats_to_move(), n)
        sessions = list(CourseGroup.objects.filter(session_batches__isnull=False).order_by("pk"))
        to = one_of(sessions if to_session and sessions else list(Course.objects.order_by("pk")), where)
        account = CustomerAccount.objects.get(pk=seat.account_id)
        operators = operators_of(account if is_own else self.world.accounts["carol"])
        with self.step("move", Refused):
            moved = move_seat(
                account=account,
                seat_id=seat.pk,
                to=to,
                actor=one_of(list(operators), where),
                language="en",
                now=self.now,
            )
            assert moved.account_id == account.pk
            self.reach(f"a person was moved to another {'course' if moved.pk == seat.pk else 'session'}", when=True)

    def seats_to_move(self) -> list[Seat]:
        """Return the assigned seats of accounts that have an operator."""
        return [seat for seat in self.seats_in("assigned") if self.has_desk(seat)]

    @precondition(lambda self: self.seats_in("assigned", "consumed"))
    @rule(n=some, again=seldom)
    def enter(self, n: int, again: bool) -> None:
        used, waiting = self.seats_in("consumed"), self.seats_in("assigned")
        seat = one_of((used if again else waiting) or used or waiting, n)
        course = Course.objects.get(pk=seat.course_id)
        with self.step("enter", Refused):
            entry = enter_course(user=User.objects.get(pk=seat.person_id), course=course, now=self.now)
            assert entry.consumed == sum(
                (other.person_id, other.course_id) == (seat.person_id, seat.course_id) for other in waiting
            )

    @precondition(lambda self: self.perishable())
    @rule(n=some)
    def expire_a_seat(self, n: int) -> None:
        seat = one_of(self.perishable(), n)
        assert seat.assignable_until is not None
        self.now = max(self.now, seat.assignable_until)
        with self.step("let a seat expire"):
            assert expire_seats(now=self.now) > 0
            assert Seat.objects.get(pk=seat.pk).state == "expired"

    def perishable(self) -> list[Seat]:
        return [seat for seat in self.seats_in("available") if seat.assignable_until is not None]

    @precondition(lambda self: self.with_units_left())
    @rule(n=some, any_order=seldom, first=some, number=st.integers(1, 4), whole=seldom, yes=st.booleans(), money=often)
    def give_back(self, n: int, any_order: bool, first: int, number: int, whole: bool, yes: bool, money: bool) -> None:
        """Give some units of an order back, or all that are left, with their price or without."""
        order = one_of(self.orders if any_order else self.with_units_left(), n)
        left = [(line_id, index) for line_id, indexes in units_left(order).items() for index in indexes]
        first = first % max(1, len(left))
        chosen = left if whole else left[first : first + number]
        units = OrderUnit.objects.filter(line__order=order).values_list("line_id", "index", "pk")
        ids = {pk for line_id, index, pk in units if (line_id, index) in chosen}
        before = Counter(seat.state for seat in self.seats if seat.unit_id in ids)
        holds = PlaceHold.objects.live().filter(order_id=order.pk).exists()
        with self.step("give units back", GivingBackRefused):
            given = give_units_back(
                order_id=order.pk,
                units={line_id: [index for of, index in chosen if of == line_id] for line_id, _index in chosen},
                why=RevokeReason.REFUNDED if money else RevokeReason.CANCELLED,
                actor=self.world.merchant,
                reason="Agreed by telephone.",
                include_consumed=yes,
                now=self.now,
            )
            assert given.units == len(chosen)
            assert yes or not before["consumed"]
            for state in ("available", "assigned", "consumed", "expired"):
                self.reach(f"a seat {state} was given back", when=before[state] > 0)
            self.reach("units were given back before their delivery", when=holds)
            after = Order.objects.get(pk=order.pk).status
            self.reach("an order was given back without money", when=whole and not money and after == Status.COMPLETED)

    @precondition(lambda self: self.owed())
    @rule(n=some)
    def pay_back(self, n: int) -> None:
        """Note that what is owed for an order's units was paid back; as owed again, now and then."""
        order = one_of(self.owed(), n)
        with self.step("note a payment back"):
            said = {"order_id": order.pk, "actor": self.world.merchant, "now": self.now}
            owed = owed_for(order)
            mark_paid_back(amount=owed, paid_on=local_day(self.now), reference=f"transfer {n}", **said)
            self.reach("an order was refunded", when=Order.objects.get(pk=order.pk).status == Status.REFUNDED)
            if n % 4 == 0:
                assert mark_owed_again(**said) == owed
                assert Order.objects.get(pk=order.pk).status == order.status

    def owed(self) -> list[Order]:
        """Return the orders with money owed for units given back."""
        owing = set(GivingBack.objects.owed().values_list("line__order_id", flat=True))
        return [order for order in self.orders if order.pk in owing]

    def with_units_left(self) -> list[Order]:
        """Return the paid orders with units that can be given back."""
        standing = {line.order_id for line in self.lines if line.status != "given_back"}
        return [order for order in self.orders_in(Status.PAID, Status.COMPLETED) if order.pk in standing]
