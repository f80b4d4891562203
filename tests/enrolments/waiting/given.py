"""Full courses and people who wait for them."""

from __future__ import annotations

import datetime

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from enrolments.courses.models import Course
from enrolments.seats.models import Seat
from enrolments.seats.release import release_seat
from enrolments.waiting.models import WaitingPlace
from enrolments.waiting.services import wait_as_account, wait_as_person
from tests.enrolments.given import NOW, assign, given_pack
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory


def full_course(
    *, places: int = 1, now: datetime.datetime = NOW, course: Course | None = None
) -> tuple[Course, list[Seat]]:
    """Return a course that one account has filled, and its assigned seats."""
    course = course or CourseFactory(capacity=places)
    account = CustomerAccountFactory()
    operator = UserFactory()
    seats = given_pack(account, seats=places, now=now)
    for seat in seats:
        assign(seat, course, UserFactory().email, operator, now=now)
    return course, seats


def waits(course: Course, person: User | None = None, *, now: datetime.datetime = NOW) -> WaitingPlace:
    return wait_as_person(course=course, person=person or UserFactory(), entry_code="", language="en", now=now)


def operator_with_seats(seats: int = 3, *, now: datetime.datetime = NOW) -> tuple[User, CustomerAccount, list[Seat]]:
    """Return an operator, the account, and its free seats for every course."""
    account = CustomerAccountFactory()
    operator = MembershipFactory(account=account, is_owner=False, is_operator=True).user
    return operator, account, given_pack(account, seats=seats, now=now)


def account_waits(
    course: Course, account: CustomerAccount, operator: User, places: int = 1, *, now: datetime.datetime = NOW
) -> WaitingPlace:
    return wait_as_account(account=account, course=course, places=places, operator=operator, language="en", now=now)


def frees(seat: Seat, *, now: datetime.datetime = NOW) -> None:
    """Release a seat, and so its place."""
    release_seat(account=seat.account, seat_id=seat.pk, actor=None, now=now)
