"""Number of statements of the desk's pages: as many for a hundred thousand seats as for ten."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from enrolments.seats.assign import assign_seat
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import SeatState
from tests.enrolments.given import given_pack, given_session, typed
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db

# Six of them are those of every page of the account area: session, user, memberships, the shop's name, cart, shelves.
# The page of a seat that somebody has also asks whether their invitation has expired.
# It asks for days bought for its seat as well, and the overview for places kept: it has a card for each thing it tells.
MOST = {"overview": 18, "a seat somebody has": 14}
MOST_OF_OTHERS = 13


class Desk:
    """An account with `size` people, `size` seats of one session, `size` moves of one seat, and a pack of `seats`."""

    def __init__(self, size, *, seats):
        self.account = CustomerAccountFactory()
        self.bob = MembershipFactory(account=self.account, is_owner=False, is_operator=True).user
        course = CourseFactory()
        self.seats = given_pack(self.account, seats=seats, course_list=course.short_name)
        people = User.objects.bulk_create(
            [User(email=f"p{number}@desk{size}.example.org", password="!") for number in range(size)]
        )
        Delegation.objects.bulk_create(
            [Delegation(account=self.account, operator=self.bob, person=each, email=each.email) for each in people]
        )
        made = given_session(CourseFactory(), self.account, blanks=size)
        self.session, self.taken = made.group, self.seats[0]
        for seat, in_course in ((self.taken, course), (made.batch.seats.last(), made.group.course)):
            assign_seat(
                account=self.account,
                seat_id=seat.pk,
                course=in_course,
                person=typed(people[0].email),
                operator=self.bob,
                language="en",
                now=timezone.now(),
            )
        self.person = Delegation.objects.get(account=self.account, person=people[0])
        SeatEvent.objects.bulk_create(
            [
                SeatEvent(
                    seat=self.seats[1],
                    account=self.account,
                    at=timezone.now(),
                    actor=self.bob,
                    from_state=SeatState.ASSIGNED if number % 2 else SeatState.AVAILABLE,
                    to_state=SeatState.AVAILABLE if number % 2 else SeatState.ASSIGNED,
                    person=people[number],
                )
                for number in range(size - 2)
            ]
        )

    def pages(self):
        return {
            "overview": reverse("account-overview", args=[self.account.pk]),
            "seats": reverse("account-seats", args=[self.account.pk]),
            "counts": reverse("account-seat-counts", args=[self.account.pk]),
            "people": reverse("account-people", args=[self.account.pk]),
            "sessions": reverse("account-sessions", args=[self.account.pk]),
            "a free seat": reverse("account-seat", args=[self.account.pk, self.seats[1].pk]),
            "a seat somebody has": reverse("account-seat", args=[self.account.pk, self.taken.pk]),
            "a release": reverse("account-seat-release", args=[self.account.pk, self.taken.pk]),
            "a move": reverse("account-seat-move", args=[self.account.pk, self.taken.pk]),
            "an exchange": reverse("account-seat-replace", args=[self.account.pk, self.taken.pk]),
            "a person": reverse("account-person", args=[self.account.pk, self.person.pk]),
            "a session": reverse("account-session", args=[self.account.pk, self.session.pk]),
        }

    def statements(self):
        client = Client(headers={"accept-language": "en"})
        client.force_login(self.bob)
        counts = {}
        for name, url in self.pages().items():
            client.get(url)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(url).status_code == 200
            counts[name] = len(captured)
        return counts


def test_pages_take_as_many_statements_for_a_hundred_thousand_seats_as_for_ten():
    few, many = Desk(10, seats=10).statements(), Desk(1_000, seats=100_000).statements()

    assert many == few
    assert {name: count for name, count in few.items() if count > MOST.get(name, MOST_OF_OTHERS)} == {}
