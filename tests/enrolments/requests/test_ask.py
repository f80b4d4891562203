"""Asking for a course: Bob operates the account, Carol is attached to it, Dave is nobody's."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.people.delegation.models import Delegation
from enrolments.requests.errors import RequestAnswered, RequestNotFound
from enrolments.requests.models import CourseRequest
from enrolments.requests.selectors import askable_courses
from enrolments.requests.services import ask_for_course, withdraw_request
from outbox.mails.kinds import MAIL_KINDS
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.enrolments.given import NOW, assign, day, days, given_pack, given_session
from tests.enrolments.learners import browser_of, text_of
from tests.enrolments.requests.given import ask, given_desk
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db

PAGE = "/requests/"


@pytest.fixture
def desk():
    return given_desk()


def names(user, now=NOW):
    return {each.account.name: [course.name for course in each.courses] for each in askable_courses(user, now=now)}


def mails():
    return Mail.objects.filter(kind="course_requested").order_by("pk")


# Courses that can be asked for


def test_are_those_that_the_accounts_free_seats_allow(desk):
    for name in ("SEC-1", "SEC-2", "BUR-1"):
        CourseFactory(short_name=name, name_en=name, name_fr=name)
    CourseFactory(short_name="SEC-HIDDEN", is_visible=False)
    CourseFactory(short_name="SEC-CLOSED", enrolment_closes_on=day("2026-03-01"))
    full = CourseFactory(short_name="SEC-FULL", capacity=1)
    [seat] = given_pack(desk.account, course_list="SEC-FULL")
    assign(seat, full, "somebody@example.org", desk.bob)
    assert names(desk.carol) == {}

    given_pack(desk.account, course_list="SEC-*")

    assert names(desk.carol) == {"Ateliers Martin": ["SEC-1", "SEC-2"]}


def test_seats_over_or_for_tutors_or_of_other_accounts_allow_nothing(desk):
    CourseFactory()
    given_pack(desk.account, valid_until=NOW + days(1))
    given_session(CourseFactory(), desk.account, tutors=(UserFactory(),))
    given_pack(given_desk("Others").account)

    assert names(desk.carol, NOW + days(2)) == {}


def test_a_session_with_a_seat_to_fill_counts_until_its_course_is_over_though_it_is_full(desk):
    course = CourseFactory(name_en="Lifting", name_fr="Lifting", capacity=1, last_day=day("2026-04-01"))
    given_session(course, desk.account, blanks=1)

    assert names(desk.carol) == {"Ateliers Martin": ["Lifting"]}
    assert names(desk.carol, NOW + days(60)) == {}


def test_courses_one_is_in_or_has_asked_for_are_left_out_by_account(desk):
    first, second = (CourseFactory(name_en=name, name_fr=name) for name in ("Alpha", "Beta"))
    other = given_desk("Others", carol=desk.carol)
    for account in (desk.account, other.account):
        given_pack(account, course_list=f"{first.short_name},{second.short_name}")
    [seat] = given_pack(desk.account)
    assign(seat, first, desk.carol.email, desk.bob)
    ask(other, second)

    assert names(desk.carol) == {"Ateliers Martin": ["Beta"], "Others": ["Alpha"]}


def test_takes_as_many_statements_for_many_as_for_few(desk):
    def statements():
        with CaptureQueriesContext(connection) as caught:
            askable_courses(desk.carol, now=NOW)
        return len(caught)

    given_pack(desk.account)
    CourseFactory()
    few = statements()
    for number in range(5):
        course = CourseFactory()
        other = given_desk(f"Account {number}", carol=desk.carol)
        given_pack(other.account, course_list=course.short_name, seats=20)
        given_session(course, other.account, blanks=2)

    assert statements() == few + 1  # the courses of sessions, of which there were none
    assert few <= 8


# Asking


def test_a_request_mails_the_operators_with_what_their_account_typed(desk):
    MembershipFactory(account=desk.account)  # an owner, who is not mailed while there are operators
    Delegation.objects.filter(person=desk.carol).update(first_name="Carol", last_name="Petit")
    course = CourseFactory(name_en="Fire safety")

    ask(desk, course, "Please see https://evil.example")

    [mail] = mails()
    text = render_mail(mail, blank_secrets=False).text
    assert mail.recipient == desk.bob.email
    assert "Carol Petit would like to take the course “Fire safety”." in text
    assert "https: //evil. example" in text
    assert f"/account/{desk.account.pk}/requests/{CourseRequest.objects.get().pk}/" in text
    assert "Karoline" not in text
    assert "Carol" not in str(mail.context)


def test_owners_are_mailed_where_there_is_no_operator():
    desk = given_desk()
    desk.account.memberships.filter(user=desk.bob).update(is_operator=False, is_owner=True)

    ask(desk, CourseFactory())

    assert [mail.recipient for mail in mails()] == [desk.bob.email]


def test_asking_twice_is_one_request_and_one_mail(desk):
    course = CourseFactory()
    ask(desk, course)

    again = ask_for_course(
        account=desk.account, person=desk.carol, course=course, words="Again", language="en", now=NOW
    )

    assert again is None
    assert (CourseRequest.objects.count(), mails().count()) == (1, 1)


def test_an_account_that_does_not_look_after_the_person_is_not_asked(desk):
    with pytest.raises(RequestNotFound):
        ask_for_course(
            account=desk.account, person=UserFactory(), course=CourseFactory(), words="", language="en", now=NOW
        )


def test_many_requests_in_a_day_do_not_flood_the_operators(desk, settings):
    settings.RATE_LIMITS = {"mail of a request": "2/d/key"}

    for _number in range(3):
        ask(desk, CourseFactory())

    assert (CourseRequest.objects.count(), mails().count()) == (3, 2)


# Its page


def test_whoever_is_attached_finds_the_way_from_their_courses(desk):
    assert 'href="/requests/"' in text_of(browser_of(desk.carol), "/learn/")
    assert 'href="/requests/"' not in text_of(browser_of(UserFactory()), "/learn/")


def test_the_page_asks_and_tells_no_number_of_seats(desk):
    now = timezone.now()
    course = CourseFactory(name_en="Fire safety")
    given_pack(desk.account, seats=7, course_list=course.short_name, now=now)
    browser = browser_of(desk.carol)
    assert "7" not in text_of(browser, PAGE).split("<main")[1].split("csrfmiddlewaretoken")[0]

    answer = browser.post(PAGE, {"what": f"{desk.account.pk}:{course.pk}", "words": "In spring"}, follow=True)

    asked = CourseRequest.objects.get()
    assert (asked.account, asked.person, asked.course, asked.words) == (desk.account, desk.carol, course, "In spring")
    assert "You have asked Ateliers Martin for “Fire safety”." in answer.content.decode()
    assert "In spring" in answer.content.decode()


def test_a_course_that_no_seat_allows_is_refused_and_the_words_stay(desk):
    course = CourseFactory()
    assert given_desk("Others").account

    answer = browser_of(desk.carol).post(PAGE, {"what": f"{desk.account.pk}:{course.pk}", "words": "In spring"})

    assert answer.status_code == 422
    assert "You cannot ask for this course any more." in answer.content.decode()
    assert "In spring" in answer.content.decode()
    assert not CourseRequest.objects.exists()


def test_a_person_asks_so_often_at_most(desk, settings):
    settings.RATE_LIMITS = {"request for a course": "1/h/key"}
    courses = [CourseFactory(), CourseFactory()]
    given_pack(desk.account, now=timezone.now())
    browser = browser_of(desk.carol)

    answers = [browser.post(PAGE, {"what": f"{desk.account.pk}:{course.pk}"}) for course in courses]

    assert [answer.status_code for answer in answers] == [302, 429]
    assert CourseRequest.objects.count() == 1


def test_whoever_is_attached_to_nobody_is_told_so():
    assert "Nobody looks after your training here yet." in text_of(browser_of(UserFactory()), PAGE)


def test_the_page_of_a_course_that_is_over_leads_to_asking_again(desk):
    course = desk.carol.enrolments.get().course
    course.enrolments.update(ends_at=timezone.now() - days(1), starts_at=NOW)

    page = text_of(browser_of(desk.carol), f"/learn/{course.short_name}/")

    assert f'href="/requests/?course={course.short_name}"' in page


# Withdrawing


def test_one_withdraws_ones_own_open_request(desk):
    asked = ask(desk, CourseFactory())

    answer = browser_of(desk.carol).post(PAGE, {"withdraw": asked.pk}, follow=True)

    asked.refresh_from_db()
    assert (asked.state, asked.answered_by) == ("withdrawn", None)
    assert "The request is withdrawn." in answer.content.decode()
    [mail] = mails()
    assert not MAIL_KINDS.get(mail.kind).is_due(mail, NOW)


def test_somebody_elses_request_does_not_exist(desk):
    asked = ask(desk, CourseFactory())

    assert browser_of(UserFactory()).post(PAGE, {"withdraw": asked.pk}).status_code == 404
    assert browser_of(desk.carol).post(PAGE, {"withdraw": "x"}).status_code == 404


def test_an_answered_request_is_not_withdrawn(desk):
    asked = ask(desk, CourseFactory())
    withdraw_request(person=desk.carol, request_id=asked.pk, now=NOW)

    with pytest.raises(RequestAnswered):
        withdraw_request(person=desk.carol, request_id=asked.pk, now=NOW)


def test_a_person_no_longer_attached_sees_and_asks_nothing(desk):
    ask(desk, CourseFactory())
    given_pack(desk.account, now=timezone.now())
    Delegation.objects.filter(person=desk.carol).delete()

    page = text_of(browser_of(desk.carol), PAGE)

    assert "Nobody looks after your training here yet." in page
    assert "What you have asked for" not in page
