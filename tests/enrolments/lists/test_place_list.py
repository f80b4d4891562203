"""A list of people is placed on free seats by jobs, all or the valid ones."""

import pytest

from enrolments.grounds.models import Ground
from enrolments.lists.models import PeopleList
from enrolments.seats.models import Seat
from outbox.mails.models import Mail
from tests.enrolments.given import given_pack, given_session
from tests.enrolments.lists.given import given_list, people, place, steps, verdicts
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def operator(account):
    return MembershipFactory(account=account, is_operator=True).user


def test_three_people_get_seats_mails_and_a_result(account, operator):
    course = CourseFactory()
    given_pack(account, seats=4)
    UserFactory(email="bob@example.org")
    draft = given_list(account, operator, people("ada@example.org", "Bob@example.org", "eve@example.org"), course)
    assert verdicts(draft) == ["new", "new", "new"]

    done = place(draft)

    assert done.state == PeopleList.State.DONE
    assert steps(done) == ["placed", "placed", "placed"]
    states = list(Seat.objects.order_by("pk").values_list("state", "person__email", "people_list", "keeps_place"))
    assert states == [
        ("assigned", "ada@example.org", None, False),
        ("assigned", "bob@example.org", None, False),
        ("assigned", "eve@example.org", None, False),
        ("available", None, None, False),
    ]
    assert Ground.objects.live().filter(kind="seat").count() == 3
    assert sorted(Mail.objects.values_list("kind", "recipient")) == [
        ("invitation", "ada@example.org"),
        ("invitation", "eve@example.org"),
        ("seat_assigned", "bob@example.org"),
    ]
