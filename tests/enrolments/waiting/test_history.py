"""Places that an account waits for, in its history and in the administration."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from accounts.members.history.sources import Asked, Cursor, history_of
from enrolments.courses.models import Course
from enrolments.waiting.deeds import places_waited_for
from enrolments.waiting.models import WaitingEvent
from enrolments.waiting.services import give_up, offer_free_places, offer_places
from enrolments.waiting.transfer import move_waiting_places
from tests.enrolments.given import NOW, assign, days
from tests.enrolments.waiting.given import account_waits, frees, full_course, operator_with_seats, waits
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db

LATER = NOW + datetime.timedelta(minutes=5)


@pytest.fixture
def full():
    """Full course of two places, with the two seats taken."""
    return full_course(places=2, course=CourseFactory(capacity=2, name_en="Fire safety"))


def told(account, **asked):
    with override("en"):
        return [(deed.text, deed.actor_id) for deed in places_waited_for(account, Asked(50, **asked))]


def test_joining_an_offer_and_what_is_taken_stand_in_the_history(full):
    course, seats = full
    olga, account, own = operator_with_seats()
    account_waits(course, account, olga, places=3)
    account_waits(course, account, olga, places=2)
    for seat in seats:
        frees(seat)
    offer_free_places(now=LATER)
    assign(own[0], course, "ada@example.org", olga, now=LATER)

    assert told(account) == [
        ("Waiting list of “Fire safety”: 1 place offered was taken", None),
        ("Waiting list of “Fire safety”: 2 places offered", None),
        ("Put the account on the waiting list of “Fire safety”, for 2 places", olga.pk),
        ("Put the account on the waiting list of “Fire safety”, for 3 places", olga.pk),
    ]
    assert [actor for _text, actor in told(account, actor_id=olga.pk)] == [olga.pk] * 2
    first = history_of(account, size=1)
    behind = Cursor.read(str(first.older))
    assert history_of(account, size=50, behind=behind).deeds[0] not in first.deeds


def test_leaving_and_declining_are_told_apart(full):
    course, seats = full
    olga, account, _own = operator_with_seats()
    place = account_waits(course, account, olga, places=3)
    frees(seats[0])
    offer_free_places(now=LATER)
    give_up(place=place, operator=olga, now=LATER)

    assert told(account)[:2] == [
        ("Left the waiting list of “Fire safety”", olga.pk),
        ("Waiting list of “Fire safety”: declined 1 place offered", olga.pk),
    ]


def test_an_offer_not_taken_and_a_course_that_is_over_are_told(full):
    course, seats = full
    olga, account, _own = operator_with_seats()
    account_waits(course, account, olga)
    frees(seats[0])
    offer_free_places(now=LATER)
    offer_places(course_id=course.pk, now=LATER + days(30))

    assert told(account)[0] == ("Waiting list of “Fire safety”: the offer was not taken in time", None)


def test_a_course_that_is_over_is_told(full):
    course, _seats = full
    olga, account, _own = operator_with_seats()
    account_waits(course, account, olga)
    Course.objects.filter(pk=course.pk).update(last_day=NOW.date())
    offer_places(course_id=course.pk, now=NOW + days(2))

    assert told(account)[0] == ("Waiting list of “Fire safety”: the course is over", None)


def test_of_people_nothing_is_written(full):
    course, seats = full
    place = waits(course)
    frees(seats[0])
    offer_free_places(now=LATER)
    give_up(place=place, now=LATER)

    assert not WaitingEvent.objects.exists()


def test_the_history_goes_along_with_the_places(full):
    course, _seats = full
    olga, account, _own = operator_with_seats()
    account_waits(course, account, olga)
    other = CustomerAccountFactory()
    move_waiting_places(from_account=account, to_account=other)

    assert (told(account), len(told(other))) == ([], 1)


def test_merchants_see_who_waits_where_and_what_is_offered(full, django_assert_max_num_queries):
    course, seats = full
    olga, account, _own = operator_with_seats()
    ada = UserFactory(first_name="Ada", last_name="Byron")
    waits(course, ada)
    account_waits(course, account, olga, places=2)
    frees(seats[0])
    offer_free_places(now=LATER)
    for _each in range(20):
        waits(course, now=LATER)
    client = Client(headers={"accept-language": "en"})
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    page = reverse("admin:enrolments_waitingplace_changelist")
    client.get(page)

    with django_assert_max_num_queries(12):
        text = client.get(page).text

    assert "Ada Byron" in text
    assert account.name in text
    assert "Place offered" in text
    rows = client.get(page).context["cl"].result_list
    assert [row.joined_at for row in rows] == sorted(row.joined_at for row in rows)
