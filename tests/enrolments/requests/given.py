"""Given requests for tests: Bob operates the account, Carol is attached to it and asks."""

from dataclasses import dataclass

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from enrolments.courses.models import Course
from enrolments.requests.models import CourseRequest
from enrolments.requests.services import ask_for_course
from tests.enrolments.given import NOW, assign, given_pack
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory


@dataclass(frozen=True)
class Desk:
    """Account with an operator, and a person it looks after, whom it has placed in a course once."""

    account: CustomerAccount
    bob: User
    carol: User


def given_desk(name: str = "Ateliers Martin", *, carol: User | None = None) -> Desk:
    account = CustomerAccountFactory(name=name)
    bob = UserFactory(first_name="Bob", last_name="Leroy")
    MembershipFactory(account=account, is_owner=False, is_operator=True, user=bob, created_at=NOW)
    carol = carol or UserFactory(first_name="Karoline", last_name="Elsewhere")
    [seat] = given_pack(account)
    assign(seat, CourseFactory(name_en="First course"), carol.email, bob)
    return Desk(account, bob, carol)


def ask(desk: Desk, course: Course, words: str = "", **how) -> CourseRequest:
    asked = ask_for_course(
        account=desk.account, person=desk.carol, course=course, words=words, language="en", **({"now": NOW} | how)
    )
    assert asked is not None
    return asked
