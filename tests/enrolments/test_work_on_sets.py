"""The number of statements does not depend on the number of units."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.people.delegation.services import delegate
from accounts.people.services import PersonTyped, find_or_create_people
from enrolments.courses.places.services import hold_places, lock_courses
from enrolments.courses.roles.models import Role
from enrolments.grounds.models import Enrolment
from enrolments.grounds.notify import tell_enrolled
from enrolments.grounds.supervise import supervise
from enrolments.grounds.support import SupportOutcome, enrol_in_support
from enrolments.seats.expire import expire_seats
from enrolments.seats.generate import generate_seats
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat
from enrolments.seats.revoke import revoke_seats
from enrolments.sessions.services import SessionPlace, create_session_seats
from enrolments.values import Terms
from tests.enrolments.given import ENTRY, NOW, assign, days, given_pack, given_session, new_line
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory, role

pytestmark = pytest.mark.django_db


def statements(work) -> int:
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def generate(account, units, packsize):
    line = new_line(account)
    return generate_seats(
        line=line,
        entry=ENTRY,
        units=[range(units)],
        packsize=packsize,
        course_list="SEC-*",
        supervisor_role=role(Role.TEACHER),
        terms=Terms(),
        valid_until=NOW + days(365),
        sold_at=NOW,
        now=NOW,
    )


def test_a_pack_of_any_size_takes_three_statements():
    account = CustomerAccountFactory()
    role(Role.TEACHER)

    small = statements(lambda: generate(account, 10, 1))
    large = statements(lambda: generate(account, 1_000, 1))

    assert small == large == 4  # one of them reads the test's role


def test_each_of_ten_thousand_seats_has_its_history():
    batch = generate(CustomerAccountFactory(), 100, 100)

    assert batch.seats.count() == 10_000
    assert SeatEvent.objects.filter(seat__batch=batch).count() == 10_000


def whole_session(count: int) -> int:
    """Write all rows of a session's delivery by the services a handler calls; return the number of statements."""
    account = CustomerAccountFactory()
    operator = MembershipFactory(account=account).user
    course = CourseFactory(capacity=count)
    help_desk = CourseFactory(capacity=10)
    student, teacher = role(Role.STUDENT), role(Role.TEACHER)
    line = new_line(account)
    hold_places(course=course, line=line, places=count, now=NOW)
    people = [
        PersonTyped(email=f"new{number}@{course.short_name.lower()}.example", first_name="Jo", last_name="Petit")
        for number in range(count)
    ]

    def deliver():
        locked = lock_courses([course.pk, help_desk.pk])
        found = find_or_create_people(people=people, account=account, language="fr", now=NOW)
        users = {email: person.user for email, person in found.items()}
        made = create_session_seats(
            line=line,
            entry=ENTRY,
            course=locked[course.pk],
            places=[SessionPlace(index, role=student, user=user) for index, user in enumerate(users.values())],
            supervisor_role=teacher,
            terms=Terms(),
            operator=operator,
            sold_at=NOW,
            now=NOW,
        )
        tell_enrolled(
            users=list(users.values()),
            course=course,
            account=account,
            line=line,
            key=f"line:{line.line_id}",
            period=made.period,
            language="fr",
            now=NOW,
        )
        how = {"line": line, "operator": operator, "role": teacher, "group": made.group, "terms": Terms(), "now": NOW}
        supervise(course=locked[course.pk], **how)
        delegate(account=account, operator=operator, people=people, users=users, now=NOW)
        outcome = enrol_in_support(course=locked[help_desk.pk], user=operator, line=line, now=NOW)
        assert outcome == SupportOutcome.ENROLLED

    count_of_statements = statements(deliver)
    assert Enrolment.objects.open().filter(course=course, role=student).count() == count
    return count_of_statements


def test_a_session_of_a_hundred_new_people_takes_as_many_statements_as_one_of_ten():
    assert whole_session(10) == whole_session(100) <= 37


def test_expiring_and_revoking_many_takes_as_many_statements_as_few():
    account = CustomerAccountFactory()

    def work(count):
        batch = generate(account, count, 1)
        kept = generate(account, count, 1)
        return (
            statements(lambda: revoke_seats(line_id=kept.line_id, units=None, actor=None, reason="Refund", now=NOW)),
            statements(lambda: expire_seats(now=batch.valid_until)),
        )

    assert work(10) == work(1_000)
    assert not Seat.objects.filter(state="available").exists()


def test_revoking_a_session_takes_as_many_statements_for_many_people_as_for_few():
    account = CustomerAccountFactory()

    def work(count):
        made = given_session(CourseFactory(), account, learners=tuple(UserFactory.create_batch(count)))
        return statements(
            lambda: revoke_seats(line_id=made.batch.line_id, units=None, actor=None, reason="Refund", now=NOW)
        )

    assert work(3) == work(30)


def test_assigning_does_not_grow_with_what_was_sold():
    account = CustomerAccountFactory()
    operator = UserFactory()
    course = CourseFactory()
    first, few = given_pack(account, seats=2)
    many = given_pack(account, seats=1_000)
    assign(first, course, "a@example.org", operator)
    assign(many[0], course, "b@example.org", operator)

    among_two = statements(lambda: assign(few, course, "c@example.org", operator))
    among_a_thousand = statements(lambda: assign(many[500], course, "d@example.org", operator))

    assert among_two == among_a_thousand
