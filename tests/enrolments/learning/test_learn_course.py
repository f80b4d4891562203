"""A learner's course, and the button to enter: Bob learns, Alice is Bob's operator, Charlie is a stranger."""

import datetime
from html import unescape
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.courses.services import LinkRefused, save_course
from enrolments.seats.models import SeatState
from enrolments.seats.release import release_seat
from enrolments.values import Terms
from tests.enrolments.given import at, days, given_session, history
from tests.enrolments.learners import LINK, address, browser_of, by_hand, place, text_of
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db

BUTTON = "Enter the course"


@pytest.fixture
def bob():
    return UserFactory(email="bob@example.org", first_name="Bob", last_name="Martin")


@pytest.fixture
def alice():
    return MembershipFactory(account__name="Ateliers", user__first_name="Alice", user__last_name="Roche").user


@pytest.fixture
def course():
    return CourseFactory(short_name="SEC 1", name_en="Fire safety", summary_en="Learn <b>to</b>\n\nescape.", link=LINK)


@pytest.fixture
def seat(bob, alice, course):
    return place(bob, course, alice, account=alice.memberships.get().account)


def participants(user, course):
    return [row.name for row in browser_of(user).get(address(course)).context["rows"]]


# --- The page --------------------------------------------------------------------------------------------------------


def test_it_shows_what_the_course_is_about_and_never_its_link(bob, course, seat):
    text = text_of(browser_of(bob), address(course))

    for expected in ("Fire safety", "Learn &lt;b&gt;to&lt;/b&gt;", "Alice Roche", BUTTON, "Bob Martin"):
        assert expected in text
    assert "learn.example.org" not in unescape(text)


def test_opening_it_uses_no_seat_and_no_copy_of_it_is_kept(bob, course, seat):
    answer = browser_of(bob).get(address(course))

    seat.refresh_from_db()
    assert seat.state == SeatState.ASSIGNED
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("enter", [False, True])
def test_a_visitor_signs_in_first_whether_the_course_exists_or_not(course, enter):
    for short_name in (course.short_name, "NO-SUCH-COURSE"):
        url = address(short_name, enter=enter)
        for answer in (Client().get(url), Client().post(url)):
            if answer.status_code != 405:
                assert answer["Location"].startswith(f"{reverse('account_login')}?next=/learn/")


@pytest.mark.parametrize("short_name", ["SEC 1", "NO-SUCH-COURSE", "a" * 300, "nul\0", "a,b", "100%"])
def test_a_course_one_is_not_in_does_not_exist(course, seat, short_name):
    charlie = browser_of(UserFactory())

    answers = [
        charlie.get(address(short_name)),
        charlie.get(address(short_name, enter=True)),
        charlie.post(address(short_name, enter=True)),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    seat.refresh_from_db()
    assert seat.state == SeatState.ASSIGNED


def test_who_was_taken_out_again_finds_nothing(bob, alice, course, seat):
    release_seat(account=seat.account, seat_id=seat.pk, actor=alice, now=timezone.now())

    assert browser_of(bob).get(address(course)).status_code == 404
    assert browser_of(bob).post(address(course, enter=True)).status_code == 404


@pytest.mark.parametrize("asked", ["OLD-1", "old-1", "sec 1"])
def test_former_names_and_other_cases_lead_to_the_present_name(bob, course, asked):
    course.names.create(name="OLD-1")
    by_hand(bob, course)

    answer = browser_of(bob).get(address(asked), {"page": "2"})

    assert (answer.status_code, answer["Location"]) == (302, "/learn/SEC%201/?page=2")
    assert browser_of(bob).post(address(asked, enter=True))["Location"] == LINK


def test_a_renamed_course_is_found_by_its_first_name(bob):
    course = save_course(course=Course(short_name="ONE", name_en="One", name_fr="Un"))
    by_hand(bob, course)
    course.short_name = "TWO"
    save_course(course=course)

    assert browser_of(bob).get("/learn/one/")["Location"] == "/learn/TWO/"


# --- Entering --------------------------------------------------------------------------------------------------------


def test_the_button_leads_to_the_link_and_uses_every_seat_there(bob, course, seat):
    session = given_session(course, CustomerAccountFactory(), learners=(bob,), now=timezone.now()).batch.seats.get()

    answer = browser_of(bob).post(address(course, enter=True))

    assert (answer.status_code, answer["Location"]) == (303, LINK)
    assert "no-store" in answer["Cache-Control"]
    for each in (seat, session):
        each.refresh_from_db()
        assert each.state == SeatState.CONSUMED
        assert history(each)[-1] == ("assigned", "consumed", "entered")


def test_pressed_twice_it_leads_there_twice_and_records_the_first(bob, course, seat):
    client = browser_of(bob)
    first, second = (client.post(address(course, enter=True)) for _ in range(2))

    assert (first["Location"], second["Location"]) == (LINK, LINK)
    assert [move for move in history(seat) if move[1] == "consumed"] == [("assigned", "consumed", "entered")]


def test_opening_its_address_only_leads_back_to_the_page(bob, course, seat):
    answer = browser_of(bob).get(address(course, enter=True))

    assert answer["Location"] == address(course)
    seat.refresh_from_db()
    assert seat.state == SeatState.ASSIGNED


def test_a_form_of_another_site_opens_nothing(bob, course, seat):
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob)

    assert client.post(address(course, enter=True)).status_code == 403
    seat.refresh_from_db()
    assert seat.state == SeatState.ASSIGNED


def test_the_page_lets_its_form_lead_to_another_site(bob, course, seat):
    policy = browser_of(bob).get(address(course))["Content-Security-Policy"].split("; ")

    assert "form-action 'self' https: http:" in policy
    assert "script-src 'self'" in policy


STARTS, ENDS = at("2026-06-01T00:00+02:00"), at("2026-07-01T00:00+02:00")
MOMENT = datetime.timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("now", "is_open", "words"),
    [
        (STARTS - MOMENT, False, "You can enter from 1 June 2026 on."),
        (STARTS, True, ""),
        (ENDS - MOMENT, True, ""),
        (ENDS, False, "This course was open to you until 30 June 2026."),
    ],
)
def test_the_button_is_there_from_the_first_moment_to_the_last(bob, alice, course, monkeypatch, now, is_open, words):
    seat = place(bob, course, alice, now=at("2026-03-02T09:00Z"), terms=Terms(starts_at=STARTS, ends_at=ENDS))
    monkeypatch.setattr("enrolments.learning.views.timezone", SimpleNamespace(now=lambda: now))
    client = browser_of(bob)

    text = text_of(client, address(course))
    answer = client.post(address(course, enter=True))

    assert (BUTTON in text) is is_open
    assert words in text
    assert answer["Location"] == (LINK if is_open else address(course))
    seat.refresh_from_db()
    assert seat.state == (SeatState.CONSUMED if is_open else SeatState.ASSIGNED)


def test_who_presses_too_late_is_told_why(bob, course):
    by_hand(bob, course, starts=timezone.now() - days(9), ends=timezone.now() - days(1))

    answer = browser_of(bob).post(address(course, enter=True), follow=True)

    assert "You are not enrolled in this course at the moment." in answer.content.decode()


def test_a_supervisor_enters_and_uses_nobodys_seat(bob, alice, course, seat):
    answer = browser_of(alice).post(address(course, enter=True))

    assert answer["Location"] == LINK
    seat.refresh_from_db()
    assert seat.state == SeatState.ASSIGNED


@pytest.mark.parametrize("link", ["", "javascript:alert(1)", "ftp://learn.example.org/"])
def test_without_a_link_to_go_to_the_entry_still_counts(bob, course, seat, link):
    Course.objects.update(link=link)

    answer = browser_of(bob).post(address(course, enter=True), follow=True)

    assert answer.redirect_chain == [(address(course), 302)]
    assert "You are in." in answer.content.decode()
    seat.refresh_from_db()
    assert seat.state == SeatState.CONSUMED


@pytest.mark.parametrize("link", ["javascript:alert(1)", "ftp://learn.example.org/", "learn.example.org", "https:///x"])
def test_a_course_is_not_saved_with_a_link_that_is_no_web_page(course, link):
    course.link = link

    with pytest.raises(LinkRefused):
        save_course(course=course)


# --- Other people of the course --------------------------------------------------------------------------------------


def test_participants_are_named_without_addresses(bob, course, seat):
    nameless = UserFactory(first_name="", last_name="")
    dora = UserFactory(first_name="Dora", last_name="Abel")
    by_hand(nameless, course)
    by_hand(dora, course, Role.TUTOR)

    text = text_of(browser_of(bob), address(course))

    assert participants(bob, course) == ["", "Dora Abel", "Bob Martin", "Alice Roche"]
    assert "Name not given" in text
    for address_of in (nameless.email, dora.email):
        assert address_of not in text


@pytest.mark.parametrize("mode", [Course.GroupMode.NONE, Course.GroupMode.VISIBLE])
def test_without_separate_groups_everybody_is_listed(bob, mode):
    course = CourseFactory(group_mode=mode)
    given_session(course, CustomerAccountFactory(), learners=(bob,), now=timezone.now())
    given_session(
        course, CustomerAccountFactory(), learners=(UserFactory(first_name="Eve", last_name=""),), now=timezone.now()
    )

    assert sorted(participants(bob, course)) == ["Bob Martin", "Eve"]


class TestSeparateGroups:
    @pytest.fixture
    def course(self):
        return CourseFactory(group_mode=Course.GroupMode.SEPARATE)

    @pytest.fixture
    def sessions(self, bob, alice, course):
        """Make Bob's session with a colleague and an operator, and a session of another customer."""

        def session(learner, tutor, operator):
            people = {"learners": (learner,), "tutors": (tutor,)}
            return given_session(course, operator.memberships.get().account, **people, now=timezone.now())

        zoe = MembershipFactory(user__first_name="Zoe", user__last_name="Theirs").user
        mine = session(bob, UserFactory(first_name="Tom", last_name="Mine"), alice)
        session(
            UserFactory(first_name="Eve", last_name="Theirs"), UserFactory(first_name="Uma", last_name="Theirs"), zoe
        )
        return mine

    def test_people_of_another_session_are_never_seen(self, bob, course, sessions):
        text = text_of(browser_of(bob), address(course))

        assert participants(bob, course) == ["Bob Martin", "Tom Mine"]
        assert "Theirs" not in text + text_of(browser_of(bob), "/learn/")

    def test_who_is_in_no_group_sees_themselves_alone(self, course, sessions):
        carol = UserFactory(first_name="Carol", last_name="")
        by_hand(carol, course)

        assert participants(carol, course) == ["Carol"]

    def test_who_is_in_no_group_is_seen_by_nobody(self, bob, course, sessions):
        by_hand(UserFactory(first_name="Carol"), course)

        assert participants(bob, course) == ["Bob Martin", "Tom Mine"]

    def test_somebody_of_both_sessions_shows_neither_to_the_other(self, bob, course, sessions):
        tom = sessions.batch.seats.get(person__first_name="Tom").person
        given_session(
            course,
            CustomerAccountFactory(),
            learners=(tom, UserFactory(first_name="Fay", last_name="Third")),
            now=timezone.now(),
        )

        assert participants(bob, course) == ["Bob Martin", "Tom Mine"]
        assert participants(tom, course) == ["Bob Martin", "Tom Mine", "Fay Third"]

    def test_a_session_one_was_taken_out_of_is_not_seen_any_more(self, bob, alice, course, sessions):
        given_session(
            course,
            CustomerAccountFactory(),
            learners=(bob, UserFactory(first_name="Fay", last_name="Third")),
            now=timezone.now(),
        )
        seat = sessions.batch.seats.get(person=bob)
        release_seat(account=seat.account, seat_id=seat.pk, actor=alice, now=timezone.now())

        assert participants(bob, course) == ["Bob Martin", "Fay Third"]


def test_whose_period_is_over_is_neither_listed_nor_lists(bob, course, seat):
    carol = UserFactory(first_name="Carol")
    by_hand(carol, course, starts=timezone.now() - days(9), ends=timezone.now() - days(1))

    assert participants(bob, course) == ["Bob Martin", "Alice Roche"]
    assert "rows" not in browser_of(carol).get(address(course)).context


def test_a_thousand_participants_take_as_many_statements_as_ten_and_come_in_pages(bob):
    def statements(people):
        course = CourseFactory(group_mode=Course.GroupMode.SEPARATE)
        others = UserFactory.create_batch(people, password=None)
        given_session(course, CustomerAccountFactory(), learners=(bob, *others), now=timezone.now())
        client = browser_of(bob)
        client.get(address(course))
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address(course))
        return len(captured), len(answer.context["rows"])

    few, ten = statements(10)
    many, page = statements(1_000)

    assert few == many <= 20
    assert (ten, page) == (11, 50)


def test_entering_takes_few_statements(bob, course, seat):
    client = browser_of(bob)
    with CaptureQueriesContext(connection) as captured:
        client.post(address(course, enter=True))

    assert len(captured) <= 16
