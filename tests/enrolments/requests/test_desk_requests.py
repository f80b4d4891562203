"""Pages of the desk about requests: Bob operates the account, Carol asks."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.people.delegation.models import Delegation
from enrolments.requests.models import CourseRequest
from enrolments.requests.waiting import open_requests
from tests.enrolments.given import days, given_pack
from tests.enrolments.learners import browser_of, text_of
from tests.enrolments.requests.given import Desk, ask, given_desk
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    made = given_desk()
    Delegation.objects.filter(person=made.carol).update(first_name="Carol", last_name="Petit")
    return made


def url(desk, asked=None):
    return f"/account/{desk.account.pk}/requests/" + (f"{asked.pk}/" if asked else "")


def test_open_requests_are_listed_under_the_names_that_the_account_typed(desk):
    ask(desk, CourseFactory(name_en="Fire safety"), "In spring")
    ask(given_desk("Others"), CourseFactory(name_en="Lifting"))

    page = text_of(browser_of(desk.bob), url(desk))

    assert "Carol Petit" in page
    assert "Fire safety" in page
    assert "In spring" in page
    assert "Karoline" not in page
    assert "Lifting" not in page


def test_a_seat_is_assigned_from_the_page_of_the_request(desk):
    [seat] = given_pack(desk.account, now=timezone.now())
    asked = ask(desk, CourseFactory(name_en="Fire safety"))

    answer = browser_of(desk.bob).post(url(desk, asked), {"place": "1", "batch": seat.batch_id}, follow=True)

    seat.refresh_from_db()
    assert seat.person == desk.carol
    assert "Carol Petit has a seat in “Fire safety” now." in answer.content.decode()
    assert "No request waits for an answer." in answer.content.decode()
    shown = text_of(browser_of(desk.bob), url(desk, asked))
    assert f"/seats/{seat.pk}/" in shown
    assert 'name="place"' not in shown


def test_a_request_is_declined_with_a_word(desk):
    asked = ask(desk, CourseFactory())

    browser_of(desk.bob).post(url(desk, asked), {"decline": "1", "words": "Next year"})

    asked.refresh_from_db()
    assert (asked.state, asked.answer, asked.answered_by) == ("declined", "Next year", desk.bob)


def test_a_refused_answer_says_why_and_keeps_the_words(desk):
    asked = ask(desk, CourseFactory())
    browser = browser_of(desk.bob)

    placed = browser.post(url(desk, asked), {"place": "1", "batch": "1"})
    declined = browser.post(url(desk, asked), {"decline": "1", "words": "x" * 301})

    assert (placed.status_code, declined.status_code) == (422, 422)
    assert "These seats cannot be used for this course any more." in placed.content.decode()
    assert "x" * 301 in declined.content.decode()
    asked.refresh_from_db()
    assert asked.is_open


def test_an_answered_request_is_told_by_whom(desk):
    asked = ask(desk, CourseFactory())
    browser = browser_of(desk.bob)
    browser.post(url(desk, asked), {"decline": "1"})

    answer = browser.post(url(desk, asked), {"place": "1", "batch": "1"}, follow=True)

    assert "This request was declined on" in answer.content.decode()
    assert "by Bob Leroy" in answer.content.decode()


def test_the_mails_address_asks_for_sign_in_and_opens_for_members_with_the_right_alone(desk):
    asked = ask(desk, CourseFactory())
    buyer = MembershipFactory(account=desk.account, is_owner=False, is_buyer=True).user

    assert browser_of(None).get(url(desk, asked))["Location"].endswith(f"?next={url(desk, asked)}")
    for person in (buyer, UserFactory(), desk.carol):
        assert browser_of(person).get(url(desk, asked)).status_code == 404
        assert browser_of(person).post(url(desk, asked), {"decline": "1"}).status_code == 404
    asked.refresh_from_db()
    assert asked.is_open


def test_a_request_to_another_account_does_not_exist(desk):
    asked = ask(given_desk("Others"), CourseFactory())

    assert browser_of(desk.bob).get(url(desk, asked)).status_code == 404
    assert browser_of(desk.bob).post(url(desk, asked), {"decline": "1"}).status_code == 404


def test_already_enrolled_tells_the_operator_until_when(desk):
    now = timezone.now()
    seats = given_pack(desk.account, seats=2, now=now)
    course = CourseFactory(name_en="Fire safety", last_day=(now + days(90)).date())
    [first, second] = [ask(desk, course), None]
    browser = browser_of(desk.bob)
    browser.post(url(desk, first), {"place": "1", "batch": seats[0].batch_id})
    second = ask(desk, course)

    answer = browser.post(url(desk, second), {"place": "1", "batch": seats[0].batch_id}, follow=True)

    assert "Your account has already enrolled Carol Petit in “Fire safety”, until" in answer.content.decode()
    second.refresh_from_db()
    assert (second.state, second.seat) == ("placed", None)


def test_the_overview_tells_how_many_wait(desk):
    membership = desk.account.memberships.get(user=desk.bob)
    assert open_requests(membership, timezone.now()) == []
    ask(desk, CourseFactory())
    ask(desk, CourseFactory())

    [waits] = open_requests(membership, timezone.now())

    assert waits.url == url(desk)
    assert "2" in waits.text


def test_pages_take_as_many_statements_for_many_requests_as_for_one(desk):
    def statements(address):
        browser = browser_of(desk.bob)
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(address).status_code == 200
        return len(caught)

    given_pack(desk.account, now=timezone.now())
    asked = ask(desk, CourseFactory())
    few = [statements(url(desk)), statements(url(desk, asked))]
    people = UserFactory.create_batch(20)
    Delegation.objects.bulk_create(
        Delegation(account=desk.account, operator=desk.bob, person=person, email=person.email) for person in people
    )
    for person in people:
        ask(Desk(desk.account, desk.bob, person), asked.course)
        given_pack(desk.account, course_list=asked.course.short_name, now=timezone.now())

    assert [statements(url(desk)), statements(url(desk, asked))] == few
    assert CourseRequest.objects.count() == 21
