"""My courses: Bob learns, Alice is Bob's operator, Charlie is a stranger."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.seats.release import release_seat
from tests.enrolments.given import days, given_session
from tests.enrolments.learners import address, browser_of, by_hand, place, text_of
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db

LEARN = "/learn/"


@pytest.fixture
def bob():
    return UserFactory(email="bob@example.org", first_name="Bob", last_name="Martin")


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers & fils")


@pytest.fixture
def alice(account):
    return MembershipFactory(
        account=account, user__email="alice@example.org", user__first_name="Alice", user__last_name="Roche"
    ).user


def listed(user):
    return browser_of(user).get(LEARN).context["courses"]


def test_the_page_asks_for_sign_in_and_comes_back():
    answer = browser_of(None).get(LEARN)

    assert (answer.status_code, answer["Location"]) == (302, f"{reverse('account_login')}?next=/learn/")


def test_nothing_is_changed_by_it(bob):
    assert browser_of(bob).post(LEARN).status_code == 405


def test_without_a_course_it_says_what_to_do(bob):
    text = text_of(browser_of(bob), LEARN)

    assert "You are in no course at the moment." in text
    assert 'class="empty"' in text


def test_it_shows_dates_role_place_operator_and_tutor(bob, alice, account):
    course = CourseFactory(
        name_en="Fire safety", place_en="Room 3", last_day=datetime.date(2090, 5, 31), link="https://secret.example/"
    )
    dora = UserFactory(first_name="Dora", last_name="Tutor")
    by_hand(dora, course, Role.TUTOR)
    place(bob, course, alice, account=account)

    text = text_of(browser_of(bob), LEARN)

    for expected in (
        "Fire safety",
        "Room 3",
        "31 May 2090",
        "Learner",
        "Open to you",
        "Alice Roche (Ateliers &amp; fils)",
        "Dora Tutor",
        address(course),
    ):
        assert expected in text
    for hidden in ("secret.example", alice.email, dora.email):
        assert hidden not in text


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2090-05-30", "2090-05-31", "30 May 2090 to 31 May 2090"),
        ("2090-05-31", "2090-05-31", "<dd>31 May 2090</dd>"),
    ],
)
def test_it_shows_the_days_of_a_course_that_has_them(bob, first, last, words):
    by_hand(bob, CourseFactory(first_day=first, last_day=last))

    assert words in text_of(browser_of(bob), LEARN)


def test_it_speaks_the_readers_language(bob):
    course = CourseFactory(name_en="Fire safety", name_fr="Incendie", place_fr="Salle 3")
    by_hand(bob, course, ends=datetime.datetime(2090, 6, 1, tzinfo=datetime.UTC))
    bob.language = "fr"
    bob.save()

    text = text_of(browser_of(bob, "fr"), LEARN)

    assert "Incendie" in text
    assert "Salle 3" in text
    assert "1er juin 2090" in text


def test_the_button_stands_before_the_facts_and_the_shop_is_out_of_the_way(bob):
    course = CourseFactory()
    by_hand(bob, course)

    for url in (LEARN, f"{LEARN}{course.short_name}/"):
        page = browser_of(bob).get(url).content.decode()
        assert 0 < page.index(f'action="{LEARN}{course.short_name}/enter/"') < page.index('<dl class="facts')
        assert 'role="search"' not in page
        assert "form-action 'self' https: http:" in browser_of(bob).get(url)["Content-Security-Policy"]


def test_a_course_that_cannot_be_entered_has_no_button_in_the_list(bob):
    course = CourseFactory()
    by_hand(bob, course, ends=timezone.now() - datetime.timedelta(minutes=1))

    assert "/enter/" not in browser_of(bob).get(LEARN).content.decode()


def test_what_can_be_entered_comes_first(bob):
    now = timezone.now()
    courses = {
        name: CourseFactory(name_en=name) for name in ("over long", "over", "later", "soon", "endless", "ending")
    }
    by_hand(bob, courses["over long"], starts=now - days(90), ends=now - days(60))
    by_hand(bob, courses["over"], starts=now - days(90), ends=now - days(1))
    by_hand(bob, courses["later"], starts=now + days(9))
    by_hand(bob, courses["soon"], starts=now + days(2))
    by_hand(bob, courses["endless"])
    by_hand(bob, courses["ending"], ends=now + days(3))

    found = [(mine.course.name_en, str(mine.stage)) for mine in listed(bob)]

    assert found == [
        ("ending", "running"),
        ("endless", "running"),
        ("soon", "ahead"),
        ("later", "ahead"),
        ("over", "over"),
        ("over long", "over"),
    ]


def test_two_roles_are_one_course_whose_period_is_that_of_the_running_one(bob):
    now = timezone.now()
    course = CourseFactory()
    by_hand(bob, course, Role.STUDENT, starts=now - days(60), ends=now - days(30))
    by_hand(bob, course, Role.TEACHER, starts=now - days(5), ends=now + days(5))

    [mine] = listed(bob)

    assert (mine.is_running, mine.ends_at) == (True, now + days(5))
    assert {role.code for role in mine.roles} == {"student", "teacher"}


def test_who_was_taken_out_again_no_longer_finds_the_course(bob, alice, account):
    seat = place(bob, CourseFactory(), alice, account=account)
    release_seat(account=account, seat_id=seat.pk, actor=alice, now=timezone.now())

    assert listed(bob) == []


def test_a_hidden_course_stays_with_those_who_are_in_it(bob):
    by_hand(bob, CourseFactory(is_visible=False))

    assert len(listed(bob)) == 1


def test_an_operator_who_left_the_account_is_not_named(bob, alice, account):
    place(bob, CourseFactory(), alice, account=account)
    alice.memberships.all().delete()

    [mine] = listed(bob)

    assert [(contact.name, contact.account_name) for contact in mine.contacts] == [("", "Ateliers & fils")]


def test_somebody_elses_operators_are_not_named(bob, alice, account):
    course = CourseFactory()
    place(bob, course, alice, account=account)
    other = MembershipFactory(user__first_name="Zoe").user
    place(UserFactory(), course, other, account=other.memberships.get().account)

    [mine] = listed(bob)

    assert [contact.name for contact in mine.contacts] == ["Alice Roche"]


def test_a_nameless_operator_is_shown_by_their_account_and_never_by_their_address(bob, account):
    operator = MembershipFactory(account=account, user__first_name="", user__last_name="").user
    place(bob, CourseFactory(), operator, account=account)

    text = text_of(browser_of(bob), LEARN)

    assert "Ateliers &amp; fils" in text
    assert operator.email not in text


def test_in_separate_groups_only_the_tutors_of_ones_own_session_are_named(bob):
    course = CourseFactory(group_mode=Course.GroupMode.SEPARATE)
    mine = UserFactory(first_name="Mine", last_name="")
    theirs = UserFactory(first_name="Theirs", last_name="")
    given_session(course, CustomerAccountFactory(), learners=(bob,), tutors=(mine,), now=timezone.now())
    given_session(course, CustomerAccountFactory(), tutors=(theirs,), now=timezone.now())

    [found] = listed(bob)

    assert (found.tutors, found.other_tutors) == (["Mine"], 0)


def test_of_many_tutors_those_of_the_own_session_come_first_and_the_others_are_counted(bob):
    course = CourseFactory(group_mode=Course.GroupMode.VISIBLE)
    mine = UserFactory(first_name="Mine", last_name="Z")
    given_session(
        course,
        CustomerAccountFactory(),
        tutors=tuple(UserFactory.create_batch(6, first_name="A", last_name="A")),
        now=timezone.now(),
    )
    given_session(course, CustomerAccountFactory(), learners=(bob,), tutors=(mine,), now=timezone.now())

    [found] = listed(bob)

    assert found.tutors == ["Mine Z", "A A", "A A", "A A"]
    assert found.other_tutors == 3


def test_fifty_courses_take_as_many_statements_as_one_and_come_in_pages(alice, account):
    def statements(courses):
        user = UserFactory()
        for _ in range(courses):
            course = CourseFactory()
            place(user, course, alice, account=account)
            by_hand(UserFactory(), course, Role.TUTOR)
        client = browser_of(user)
        client.get(LEARN)
        with CaptureQueriesContext(connection) as captured:
            text = text_of(client, LEARN)
        return len(captured), text.count('class="panel my-course')

    few, one = statements(1)
    many, page = statements(50)

    assert few == many <= 16
    assert (one, page) == (1, 20)
